# SPDX-License-Identifier: Apache-2.0
"""draft"""

TO_COME = {}
ABSENT = {}
DIFFERS = {}
ARGUMENTS = {}
