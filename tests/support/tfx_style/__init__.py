# SPDX-License-Identifier: Apache-2.0
"""Components, executors and drivers as users of TFX write them, for tests: they count words and copy numbers."""
