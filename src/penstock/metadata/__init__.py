# SPDX-License-Identifier: Apache-2.0
"""The metadata store: what ran, on what, with what result; the only code that uses ml-metadata."""
