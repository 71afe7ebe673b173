# SPDX-License-Identifier: Apache-2.0
"""The flavor ``pytorch``: state dicts with the class that they belong to, TorchScript, and exported programs."""
