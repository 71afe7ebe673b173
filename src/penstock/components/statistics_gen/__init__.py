# SPDX-License-Identifier: Apache-2.0
"""StatisticsGen: statistics of examples, per split."""
