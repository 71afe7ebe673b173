# SPDX-License-Identifier: Apache-2.0
"""What is known of Beam's handlers, and how they share, without Beam."""

from __future__ import annotations

import pytest

from penstock.errors import DependencyError
from penstock.inference.handlers import sharing
from penstock.inference.handlers.known import KNOWN, SHORT_NAMES, KnownHandler, known_class
from penstock.inference.job import ModelRef
from penstock.inference.spec import ModelSettings


def test_short_names_and_paths_are_the_same_handlers() -> None:
    assert all(KNOWN[known.path] is known for known in SHORT_NAMES.values())


def test_the_nearest_base_counts() -> None:
    gemini = KNOWN["apache_beam.ml.inference.gemini_inference.GeminiModelHandler"]
    base = type("GeminiModelHandler", (), {"__module__": "apache_beam.ml.inference.gemini_inference"})
    assert known_class(type("Mine", (base,), {})) is gemini
    assert known_class(dict) is None


def test_a_missing_library_is_named() -> None:
    known = KnownHandler(
        "x.Handler", "dict", needs=("json", "penstock_no_such.part"), install="it", instead="rest"
    )
    with pytest.raises(
        DependencyError, match=r"penstock_no_such.part is not installed.*pip install it; or rest"
    ):
        known.check_installed()


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("vertex_ai", {}, (False, 1)),
        ("vllm", {}, (True, 1)),
        ("tensorrt", {"large_model": True}, (True, 1)),
        ("tensorrt", {"model_copies": 3}, (True, 3)),
    ],
)
def test_beams_handlers_say_how_they_share_by_their_arguments(
    name: str, arguments: dict[str, object], expected: tuple[bool, int]
) -> None:
    found = sharing(ModelRef(""), ModelSettings(handler=name, handler_arguments=arguments), "")
    assert (found.is_shared, found.copies) == expected
