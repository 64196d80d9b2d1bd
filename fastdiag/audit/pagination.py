"""Routes that answer with all rows of a table: harmless with the first hundred, an outage with a million."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastdiag.audit.carried import Carried, Carrying
from fastdiag.audit.entries import RootKind
from fastdiag.audit.ground import Ground
from fastdiag.model.audit import Confidence, Finding, Root, Severity, Step

UNPAGINATED: Final = "unpaginated-response"
IDS: Final = (UNPAGINATED,)
_READING: Final = ("GET ", "HEAD ")


def check(ground: Ground) -> Iterator[Finding]:
    """Yield each query without bound whose rows a reading route answers with, once, by its first route."""
    carrying = Carrying(ground.project)
    found: dict[object, tuple[Carried, list[Root]]] = {}
    for root in ground.roots.of_kind(RootKind.ROUTE):
        function = ground.project.functions.get(root.function)
        carried = carrying.returned(function) if function and root.text.startswith(_READING) else None
        if carried:
            found.setdefault(carried.place, (carried, []))[1].append(root)
    for carried, roots in found.values():
        yield _finding(ground, carried, roots)


def _finding(ground: Ground, carried: Carried, roots: list[Root]) -> Finding:
    first = roots[0]
    others = len(roots) - 1
    more = f" and {others} other route{'s' * (others > 1)} answer" if others else " answers"
    which = "every row that its condition leaves" if carried.is_filtered else "every row of the table"
    return Finding(
        check=UNPAGINATED,
        place=carried.place,
        message=f"{first.text}{more} with {which}: nothing limits their number",
        confidence=Confidence.LIKELY if carried.sure else Confidence.POSSIBLE,
        severity=Severity.NOTE if carried.is_filtered else ground.checks[UNPAGINATED].severity,
        chain=tuple(_chain(first, carried)),
        kind="filtered" if carried.is_filtered else "whole-table",
    )


def _chain(root: Root, carried: Carried) -> Iterator[Step]:
    yield Step(text=root.text, place=root.place, function=root.function)
    for call, callee in carried.via:
        yield Step(text=callee.name, place=call.place, function=callee.qualname)
    yield Step(text="fetches all rows", place=carried.place, function=carried.function.qualname)
