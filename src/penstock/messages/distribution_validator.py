# SPDX-License-Identifier: Apache-2.0
"""Configuration of DistributionValidator."""

from __future__ import annotations

from penstock.messages import schema
from penstock.messages.fields import Embedded, RepeatedMessages
from penstock.messages.message import Message


class FeatureComparator(Message, package="tfx.components.distribution_validator"):
    """How the distributions of one feature are compared.

    Attributes:
        path: The feature.
        distribution_comparator: Measure and threshold.
    """

    path: Embedded[schema.Path] = Embedded(schema.Path)
    distribution_comparator: Embedded[schema.FeatureComparator] = Embedded(schema.FeatureComparator)


class DistributionValidatorConfig(Message, package="tfx.components.distribution_validator"):
    """What DistributionValidator compares.

    Attributes:
        default_slice_config: Comparisons over the whole data.
    """

    class DatasetConfig(Message, package="tfx.components.distribution_validator"):
        """Comparisons of two data sets.

        Attributes:
            feature: One entry per feature.
            num_examples_comparator: How the numbers of examples are compared.
        """

        feature: RepeatedMessages[FeatureComparator] = RepeatedMessages(FeatureComparator)
        num_examples_comparator: Embedded[schema.NumericValueComparator] = Embedded(
            schema.NumericValueComparator
        )

    default_slice_config: Embedded[DatasetConfig] = Embedded(DatasetConfig)
