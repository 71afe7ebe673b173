# SPDX-License-Identifier: Apache-2.0
"""Components without any library behind them, for tests of the core: they write, add and pass on numbers.

``Number`` can also be told to misbehave, as a user's code does.
"""
