# SPDX-License-Identifier: Apache-2.0
"""What ``penstock doctor`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from penstock.doctor.findings import Finding, Kind

_HEADINGS: dict[Kind, str] = {
    "import": "Imports to change (`penstock doctor --diff` prints a patch that does it):",
    "change": "To change by hand:",
    "differs": "Works, and differs:",
}

_MOST = 5


def doctor_text(findings: Sequence[Finding], files: int) -> str:
    """Returns all findings of some files: imports one by one, everything else once with its places."""
    blocks = []
    for kind, heading in _HEADINGS.items():
        lines = list(_imports(findings) if kind == "import" else _told(findings, kind))
        if lines:
            blocks.append("\n".join([heading, *lines]))
    return "\n\n".join([*blocks, _summary(findings, files)])


def _imports(findings: Iterable[Finding]) -> Iterator[str]:
    path = ""
    for finding in findings:
        if finding.kind == "import":
            if finding.path != path:
                path = finding.path
                yield f"  {path}"
            yield f"    {finding.line}: {finding.text}"


def _told(findings: Iterable[Finding], kind: Kind) -> Iterator[str]:
    """Yields each text once, after the names that it is about and before its places."""
    told: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind == kind:
            told.setdefault(finding.text, []).append(finding)
    for text, about in told.items():
        yield f"  {_listed(finding.name for finding in about)}: {text}"
        yield f"    {_listed(finding.place for finding in about)}"


def _listed(items: Iterable[str]) -> str:
    different = list(dict.fromkeys(items))
    more = len(different) - _MOST
    shown = ", ".join(different[:_MOST])
    return f"{shown} and {more} more" if more > 0 else shown


def _summary(findings: Sequence[Finding], files: int) -> str:
    counts = {kind: len([finding for finding in findings if finding.kind == kind]) for kind in _HEADINGS}
    where = f"{files} file" + ("" if files == 1 else "s")
    if not findings:
        return f"{where}: nothing to change"
    by_hand = counts["change"]
    told = [
        f"{counts['import']} import" + ("" if counts["import"] == 1 else "s") + " to change",
        f"{by_hand} place" + ("" if by_hand == 1 else "s") + " to change by hand"
        if by_hand
        else "nothing by hand",
    ]
    return f"{where}: {', '.join(told)}"
