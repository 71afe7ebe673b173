# SPDX-License-Identifier: Apache-2.0
"""How long what runs have put out is kept: which runs are of no more use, what of theirs still is, and how it goes."""
