# SPDX-License-Identifier: Apache-2.0
"""How well a model does: predictions scored by TFMA, checked against thresholds, told as a report.

``report`` (what came out, as plain values), ``request`` (what an evaluation is asked for) and ``reading`` are light;
``config``, ``scoring``, ``direct``, ``distributed`` and ``outcome`` load TensorFlow Model Analysis and are imported by
executors only.
"""
