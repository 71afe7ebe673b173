# SPDX-License-Identifier: Apache-2.0
"""Configuration of BulkInferrer."""

from __future__ import annotations

from penstock.messages.fields import Embedded, Repeated, RepeatedMessages, Scalar
from penstock.messages.kinds import STRING
from penstock.messages.message import Message


class ModelSpec(Message, package="tfx.components.bulkinferrer"):
    """Which part of a model answers.

    Attributes:
        model_signature_name: Signatures to run; the default one where none is given.
        tag: Tags that choose the graph of a SavedModel.
    """

    model_signature_name: Repeated[str] = Repeated(STRING)
    tag: Repeated[str] = Repeated(STRING)


class DataSpec(Message, package="tfx.components.bulkinferrer"):
    """Which examples are sent.

    Attributes:
        example_splits: Splits to take; all where none is given.
    """

    example_splits: Repeated[str] = Repeated(STRING)


class ClassifyOutput(Message, package="tfx.components.bulkinferrer"):
    """Columns for a classification.

    Attributes:
        label_column: Column for the labels.
        score_column: Column for the scores.
    """

    label_column: Scalar[str] = Scalar(STRING)
    score_column: Scalar[str] = Scalar(STRING)


class RegressOutput(Message, package="tfx.components.bulkinferrer"):
    """Column for a regression.

    Attributes:
        value_column: Column for the values.
    """

    value_column: Scalar[str] = Scalar(STRING)


class PredictOutputCol(Message, package="tfx.components.bulkinferrer"):
    """Column for one output of a prediction.

    Attributes:
        output_key: Name of the model's output.
        output_column: Column for its values.
    """

    output_key: Scalar[str] = Scalar(STRING)
    output_column: Scalar[str] = Scalar(STRING)


class PredictOutput(Message, package="tfx.components.bulkinferrer"):
    """Columns for a prediction.

    Attributes:
        output_columns: One entry per output that is kept.
    """

    output_columns: RepeatedMessages[PredictOutputCol] = RepeatedMessages(PredictOutputCol)


class OutputColumnsSpec(Message, package="tfx.components.bulkinferrer"):
    """Columns for the answers of one signature.

    Attributes:
        signature_name: The signature; may be left out where there is only one.
        classify_output: It classifies.
        regress_output: It regresses.
        predict_output: It predicts.
    """

    signature_name: Scalar[str] = Scalar(STRING)
    classify_output: Embedded[ClassifyOutput] = Embedded(ClassifyOutput, oneof="output_type")
    regress_output: Embedded[RegressOutput] = Embedded(RegressOutput, oneof="output_type")
    predict_output: Embedded[PredictOutput] = Embedded(PredictOutput, oneof="output_type")


class OutputExampleSpec(Message, package="tfx.components.bulkinferrer"):
    """How answers become columns of examples.

    Attributes:
        output_columns_spec: One entry per signature.
    """

    output_columns_spec: RepeatedMessages[OutputColumnsSpec] = RepeatedMessages(OutputColumnsSpec)
