# SPDX-License-Identifier: Apache-2.0
"""CSV: typed, streamed, in constant memory.

A file has a header line, which is the same in all files that are read together, commas between cells, quotes where a
cell has commas, quotes or line ends, and is UTF-8 (a byte order mark is allowed), plain or gzip'd. An empty cell is a
missing value. Column types are those that TFX infers: int where all values of all rows are integers of 64 bits, else
float, else bytes.
"""
