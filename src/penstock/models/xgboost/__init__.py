# SPDX-License-Identifier: Apache-2.0
"""The xgboost flavor: boosters in XGBoost's own JSON or UBJSON, described without XGBoost and loaded with it."""
