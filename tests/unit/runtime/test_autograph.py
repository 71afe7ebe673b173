# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import types

import pytest

from penstock.runtime import autograph


class Rule:
    def __init__(self, name: str) -> None:
        self.name = name

    def matches(self, module: str) -> bool:
        return module == self.name or module.startswith(self.name + ".")


class DoNotConvert(Rule):
    pass


class Convert(Rule):
    pass


def stand_in(monkeypatch: pytest.MonkeyPatch, **attributes: object) -> types.ModuleType:
    config = types.ModuleType(autograph._RULES_MODULE)
    vars(config).update(attributes)
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    monkeypatch.setitem(sys.modules, autograph._RULES_MODULE, config)
    return config


def test_nothing_is_imported_where_tensorflow_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert autograph.spare_graph_libraries() is False
    assert "tensorflow" not in sys.modules


def test_rules_come_first_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    config = stand_in(monkeypatch, DoNotConvert=DoNotConvert, CONVERSION_RULES=(Convert("tf_keras"),))
    assert autograph.spare_graph_libraries()
    assert autograph.spare_graph_libraries()
    assert [(type(rule), rule.name) for rule in config.CONVERSION_RULES] == [
        (DoNotConvert, "tf_keras"),
        (DoNotConvert, "tensorflow_transform"),
        (Convert, "tf_keras"),
    ]


def test_a_rule_that_tensorflow_ships_is_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = DoNotConvert("tf_keras")
    config = stand_in(monkeypatch, DoNotConvert=DoNotConvert, CONVERSION_RULES=(shipped,))
    assert autograph.spare_graph_libraries()
    assert [rule.name for rule in config.CONVERSION_RULES] == ["tensorflow_transform", "tf_keras"]


@pytest.mark.parametrize("attributes", [{}, {"CONVERSION_RULES": None, "DoNotConvert": DoNotConvert}])
def test_another_tensorflow_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch, attributes: dict[str, object]
) -> None:
    config = stand_in(monkeypatch, **attributes)
    assert autograph.spare_graph_libraries() is False
    assert {key: vars(config)[key] for key in attributes} == attributes
