# SPDX-License-Identifier: Apache-2.0
"""Typed configuration messages with TFX's names, constructors and JSON, without protobuf.

One module per proto file of TFX (``trainer``, ``example_gen``, …), ``evaluation`` for TFMA's ``EvalConfig``;
``message`` is their base, ``codec`` turns any typed value into plain JSON data and back.
"""
