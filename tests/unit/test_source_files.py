# SPDX-License-Identifier: Apache-2.0
"""What holds for every source file of the project and no linter looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "pipelines", "components", "modules", "benchmarks", "data", "tests")
MOST_LINES = 500


def sources(folders: Sequence[str] = FOLDERS) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_each_names_its_licence_first() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in sources()
        if "SPDX-License-Identifier: Apache-2.0" not in path.read_text().partition("\n")[0]
    ]
    assert without == []


def test_none_is_too_long_to_be_one_thing() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in sources()
        if (lines := path.read_text().count("\n")) > MOST_LINES
    ]
    assert too_long == []


def test_every_ignore_says_why() -> None:
    bare = re.compile(r"#\s*(type:\s*ignore\[[^]]*\]|noqa:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*)\W*$")
    unexplained = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(("src", "pipelines", "components", "modules", "benchmarks", "data"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if bare.search(line)
    ]
    assert unexplained == []


def test_the_folder_list_of_components_is_complete() -> None:
    readme = (ROOT / "components" / "README.md").read_text()
    standard = {path.parent.name for path in (ROOT / "src/penstock/components").glob("*/executor.py")}
    own = {path.parent.name for path in (ROOT / "components").glob("*/executor.py")}
    base = {"example_gen"}
    missing = [name for name in standard - base if f"(../src/penstock/components/{name})" not in readme] + [
        name for name in own if f"]({name})" not in readme
    ]
    assert missing == []
