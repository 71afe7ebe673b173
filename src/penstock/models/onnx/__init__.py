# SPDX-License-Identifier: Apache-2.0
"""The onnx flavor: graphs of operators, described without a library and run by ONNX Runtime."""
