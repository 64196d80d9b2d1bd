"""No evidence may rest on a signal that nobody yields: who a signal names as its source must write it.

A collector writes a signal by its id, so the id stands in its code as a text, or as the frame of one
(``f"host.pressure.{kind}"``). Signals from metrics are data and need no code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastdiag.collectors
from fastdiag.config import SOURCES
from fastdiag.model.signal import CollectorSource
from tests.engine.tables import builtin

BOOK = builtin()
CODE = Path(fastdiag.collectors.__file__).parent
ANYTHING = "[a-z0-9_.]+"
JOINED = "attribution"
"""Not a source of its own: it joins what the database and the process table have seen."""


def yielded() -> Iterator[tuple[str, str]]:
    for signal in BOOK.catalogue.signals.values():
        for source in signal.sources:
            if isinstance(source, CollectorSource):
                yield source.collector, signal.id


def modules(name: str, seen: set[str]) -> set[Path]:
    """Return the files of a collector: its own, and those of its helpers, but not of other collectors."""
    path = CODE / name
    found = set(path.rglob("*.py")) if path.is_dir() else {CODE / f"{name}.py"}
    seen.add(name)
    for helper in {helper for file in found for helper in _imported(file)} - set(SOURCES):
        if helper not in seen:
            found |= modules(helper, seen)
    return found


def _imported(file: Path) -> Iterator[str]:
    """Yield what a file imports of the collectors' package."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, rest = node.module.partition("fastdiag.collectors")
            if not package and rest:
                yield rest.split(".")[1]
            elif not package and node.module == "fastdiag.collectors":
                yield from (alias.name for alias in node.names)


def texts(collector: str) -> str:
    """Return one regular expression for every text in the code of a collector that could be a signal's id."""
    frames: set[str] = set()
    for file in modules(collector, set()):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                frames.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                frames.add("".join(map(_frame, node.values)))
    return "|".join(sorted(frame for frame in frames if re.search("[a-z]", frame.replace(ANYTHING, ""))))


def _frame(part: ast.expr) -> str:
    return (
        re.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else ANYTHING
    )


@pytest.mark.parametrize("collector", sorted({collector for collector, _ in yielded()}))
def test_a_collector_writes_every_signal_that_names_it(collector: str) -> None:
    assert collector in {*SOURCES, JOINED}
    written = re.compile(texts(collector))
    promised = [signal for name, signal in yielded() if name == collector]
    assert [signal for signal in promised if not written.fullmatch(signal)] == []


def test_every_signal_has_somebody_to_yield_it() -> None:
    assert [s.id for s in BOOK.catalogue.signals.values() if not s.sources and not s.formula] == []
