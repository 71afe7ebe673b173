# SPDX-License-Identifier: Apache-2.0
"""InfraValidator: its name; the component itself is not built yet."""
