# SPDX-License-Identifier: Apache-2.0
"""Runs a batch pipeline in this process by calling its functions, and by nothing else.

Beam's in-process runner takes the same way as a cluster: it turns the pipeline into messages, pickles every function,
and runs stage by stage through its worker. For a pipeline of some hundred steps over little data, such as an analysis
of TFT's, that is half of the time. Here the same functions are called on the same elements, in one pass for each stage.
What needs more than that (state, timers, windows, splittable functions) is found out before anything runs, and goes to
Beam's runner.
"""
