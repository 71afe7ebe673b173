# SPDX-License-Identifier: Apache-2.0
"""What every ExampleGen that reads files shares: a new one declares itself and says how its files are read."""
