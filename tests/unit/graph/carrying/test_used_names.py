# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.graph.carrying.used_names import used_names


@pytest.mark.parametrize(
    ("source", "at_once", "later"),
    [
        ("X = Y + max(1, Z)", {"Y", "Z", "max"}, set()),
        ("def f(a: A, b=B) -> C:\n    local = a\n    return local + d.e", {"A", "B", "C"}, {"d"}),
        ("@dec(N)\ndef f():\n    def inner():\n        return far\n    return inner", {"dec", "N"}, {"far"}),
        ("def f(x):\n    return [x + k for k in many if k > low]", set(), {"many", "low"}),
        ("def f():\n    data = 3\n    return data", set(), set()),
        ("def f():\n    global counter\n    counter += 1", set(), {"counter"}),
        ("class A(B, metaclass=M):\n    x: T = D\n    def m(self):\n        return g()", {"B", "M", "T", "D"}, {"g"}),
        ("class A:\n    Inputs = Inputs", {"Inputs"}, set()),
        ("def f(a: 'Dict[str, Later]'):\n    pass", {"Dict", "str", "Later"}, set()),
        ("f = lambda x: x + y", set(), {"y"}),
        ("def f(a: 'not python ('):\n    pass", set(), set()),
    ],
)  # fmt: skip
def test_names_that_a_statement_uses(source: str, at_once: set[str], later: set[str]) -> None:
    found = used_names(source)
    assert found.at_once == at_once
    assert found.later == later
    assert found.all == at_once | later
