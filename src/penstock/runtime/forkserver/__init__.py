# SPDX-License-Identifier: Apache-2.0
"""Worker processes that start at once: forked from parents that have imported the heavy libraries already.

The process that the user's shell waits on starts one light parent. It serves light nodes straight away and forks the
next parent, which imports what the next nodes require, serves them, and so on: a chain of stages, each with more
libraries than the one before. A node's executor runs in a child of the first stage that has all it requires, and that
child runs nothing else, so a death or a leak is one node's affair.
"""
