# SPDX-License-Identifier: Apache-2.0
"""Carries what is defined in a program or notebook (``__main__``) to processes that cannot import it.

A component's function or class, and what it uses of the program, become the source of a module of their own, which
stands in the IR (``PipelineIR.sources``); ``penstock.runtime.sources`` makes that module importable.
"""
