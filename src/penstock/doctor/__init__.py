# SPDX-License-Identifier: Apache-2.0
"""Reads pipelines and modules written for TFX, without running them, and says what must change.

``tfx.json`` holds TFX's names and their arguments, taken from its source by ``scripts/tfx_facts.py``; ``differences``
says which of them are different here, or not there. The page ``docs/reference/tfx-compatibility.md`` is made of both.
"""
