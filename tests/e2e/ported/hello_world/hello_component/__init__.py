# SPDX-License-Identifier: Apache-2.0
"""HelloComponent, which copies examples."""
