"""What names a finding from one run to the next, though lines above it come and go.

A finding is the same as long as its check, its file, the function that it stands in, what is called and the
text of its line are the same. Of several that agree in all of these, the order tells them apart.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fastdiag.model.audit import CodePlace, Finding

if TYPE_CHECKING:
    from fastdiag.source.model import Function
    from fastdiag.source.project import Project

DIGITS: Final = 20
"""Hexadecimal ones: with 80 bits no two of a million findings will meet."""
_BETWEEN: Final = "\0"
"""Stands in no name and no line of Python."""


def named(findings: Iterable[Finding], project: Project) -> tuple[Finding, ...]:
    """Return the findings in the order of files and lines, each with its fingerprint."""
    ordered = sorted(findings, key=lambda one: (one.place, one.check, one.sink, one.message))
    lines = {module.file: module.lines for module in project.modules.values()}
    functions = _by_file(project.functions.values(), {one.place.file for one in ordered})
    seen: Counter[str] = Counter()
    return tuple(_named(ordered, lines, functions, seen))


def _named(
    findings: Iterable[Finding],
    lines: Mapping[str, Sequence[str]],
    functions: Mapping[str, Sequence[Function]],
    seen: Counter[str],
) -> Iterator[Finding]:
    for finding in findings:
        file = finding.place.file
        line = _line(lines.get(file, ()), finding.place)
        within = _around(functions.get(file, ()), finding.place)
        parts = (finding.check, file, within, finding.sink, line)
        key = _BETWEEN.join(parts)
        text = f"{key}{_BETWEEN}{seen[key]}"
        seen[key] += 1
        digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
        yield replace(finding, fingerprint=digest[:DIGITS])


def _line(lines: Sequence[str], place: CodePlace) -> str:
    """Return the text of a line without its comment and its indentation, which change nothing."""
    if not 0 < place.line <= len(lines):
        return ""
    return " ".join(lines[place.line - 1].partition(" #")[0].split())


def _by_file(functions: Iterable[Function], files: set[str]) -> Mapping[str, Sequence[Function]]:
    found: defaultdict[str, list[Function]] = defaultdict(list)
    for function in functions:
        if function.module.file in files:
            found[function.module.file].append(function)
    return found


def _around(functions: Sequence[Function], place: CodePlace) -> str:
    """Return the name of the innermost function around a place; empty at the level of the module."""
    around = [one for one in functions if _first(one) <= place.line <= (one.node.end_lineno or 0)]
    return max(around, key=_first).qualname if around else ""


def _first(function: Function) -> int:
    """Return the first line of a function, its decorators included."""
    node = function.node
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(one.lineno for one in decorators)])
