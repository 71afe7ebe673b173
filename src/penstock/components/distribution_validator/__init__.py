# SPDX-License-Identifier: Apache-2.0
"""DistributionValidator: its name; the component itself is not built yet."""
