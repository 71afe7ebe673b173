# SPDX-License-Identifier: Apache-2.0
"""Pusher: puts a blessed model where a server finds it, as a new version."""
