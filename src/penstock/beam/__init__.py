# SPDX-License-Identifier: Apache-2.0
"""What components that use Apache Beam share: which runner, how a pipeline is opened, how its errors come out."""
