# SPDX-License-Identifier: Apache-2.0
"""TFDV statistics of examples: streaming in this process or on Beam, and the files that they and schemas live in.

Several components compute statistics; what they share stands here, below all of them.
"""
