"""blocking-call: what stops the event loop, with the way that leads from a route to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.entries import BESIDE_REQUESTS, decorators
from fastdiag.audit.ground import Ground
from fastdiag.audit.own_session import is_spared
from fastdiag.model.audit import Confidence, Finding, Root, Severity, Step
from fastdiag.model.sinks import ArgumentTest, Sink, SinkKind
from fastdiag.source.model import Call, Function

CHECK: Final = "blocking-call"
SHORT_SLEEP_S: Final = 0.01
"""A pause that nobody notices, if it is not in a loop."""
_LADDER: Final = (Severity.NOTE, Severity.WARNING, Severity.CRITICAL)
_ONE_PIECE_OF_WORK: Final = frozenset(
    {"image", "data-frame", "document", "archive", "file", "file-tree", "cpu", "model-inference"}
)
"""Kinds whose calls in one function are mended together; a wait for others is told line by line."""
_KEEPING: Final = frozenset({"functools.lru_cache", "functools.cache"})


@dataclass(frozen=True, slots=True)
class _Hit:
    """A call that is a sink, on the event loop; ``more`` counts the lines that it stands for."""

    call: Call
    function: Function
    sink: Sink
    path: str
    sure: bool
    more: int = 0


def check(ground: Ground) -> Iterator[Finding]:
    """Return a finding for each place on the event loop that blocks it."""
    for function in sorted(ground.reach.on_loop, key=lambda one: one.place):
        together: dict[tuple[str, int], list[_Hit]] = {}
        for hit in _hits(ground, function):
            line = 0 if hit.sink.kind in _ONE_PIECE_OF_WORK else hit.call.place.line
            together.setdefault((hit.sink.kind, line), []).append(hit)
        for hits in together.values():
            finding = _finding(ground, hits)
            if finding is not None:
                yield finding


def _hits(ground: Ground, function: Function) -> Iterator[_Hit]:
    end = _first_yield(function) if ground.reach.is_only_begun(function) else None
    for call in function.calls:
        if call.is_awaited or (end is not None and call.place.line > end):
            continue  # what is awaited yields
        targets = ground.project.targets(call)
        for target in targets:
            path = ground.project.outside_path(target.value)
            sink = ground.sinks.sink(path) if path else None
            if path is None or sink is None or not _counts(ground, call, sink):
                continue
            if not is_spared(ground, call):
                yield _Hit(call, function, sink, path, target.sure and len(targets) == 1)
            break


def _first_yield(function: Function) -> int | None:
    lines = (node.lineno for node in ast.walk(function.node) if isinstance(node, ast.Yield))
    return min(lines, default=None)


def _counts(ground: Ground, call: Call, sink: Sink) -> bool:
    if sink.only and not any(_has(ground, call, test) for test in sink.only):
        return False
    return not any(_has(ground, call, test) for test in sink.unless)


def _has(ground: Ground, call: Call, test: ArgumentTest) -> bool:
    given = ground.project.argument(call, test.name, test.position)
    if given is None:
        return False
    return not test.values or ast.unparse(given) in test.values


def _finding(ground: Ground, hits: list[_Hit]) -> Finding | None:
    hit = hits[0]
    kind = ground.sinks.kinds[hit.sink.kind]
    roots = ground.reach.roots_to(hit.function)
    way = ground.reach.chain_to(hit.function)
    severity = _severity(ground, hit, kind, roots)
    if _is_kept(ground, way):  # the first call pays, the others find the result
        if severity is Severity.NOTE:
            return None
        severity = _less(severity)
    return Finding(
        check=CHECK,
        place=hit.call.place,
        message=_message(hits, kind, way, roots),
        confidence=_confidence(ground, hit),
        severity=severity,
        chain=(*way, Step(text=hit.path, place=hit.call.place)),
        sink=hit.path,
        kind=kind.id,
        fix=hit.sink.fix or kind.fix,
    )


def _is_kept(ground: Ground, way: tuple[Step, ...]) -> bool:
    """Tell whether a function on the way remembers its results."""
    for step in way:
        function = ground.project.functions.get(step.function)
        if function is not None and any(_keeps(ground, function, one) for one in decorators(function)):
            return True
    return False


def _keeps(ground: Ground, function: Function, decorator: ast.expr) -> bool:
    expr = decorator.func if isinstance(decorator, ast.Call) else decorator
    values = ground.project.value(expr, function.module)
    return any(ground.project.outside_path(value) in _KEEPING for value in values)


def _message(hits: list[_Hit], kind: SinkKind, way: tuple[Step, ...], roots: tuple[Root, ...]) -> str:
    lines = len({hit.call.place.line for hit in hits}) - 1
    below = f", as {lines} more {'lines' if lines > 1 else 'line'} of the function do" if lines else ""
    others = len(roots) - 1
    also = f" and {others} more" if others > 0 else ""
    return f"{hits[0].path} {kind.title} on the event loop{below}, for {way[0].text}{also}"


def _confidence(ground: Ground, hit: _Hit) -> Confidence:
    way = ground.reach.confidence(hit.function)
    if hit.sure:
        return way
    return Confidence.LIKELY if way is Confidence.CERTAIN else Confidence.POSSIBLE


def _severity(ground: Ground, hit: _Hit, kind: SinkKind, roots: tuple[Root, ...]) -> Severity:
    severity = hit.sink.severity or kind.severity
    if kind.id == "sleep" and _is_short(ground, hit):
        severity = Severity.NOTE
    is_beside = bool(roots) and all(root.kind in BESIDE_REQUESTS for root in roots)
    return _less(severity) if is_beside else severity


def _is_short(ground: Ground, hit: _Hit) -> bool:
    given = ground.project.argument(hit.call, "seconds", 0)
    value = ground.project.constant(given, hit.function) if given is not None else None
    return isinstance(value, int | float) and value <= SHORT_SLEEP_S


def _less(severity: Severity) -> Severity:
    return _LADDER[max(0, _LADDER.index(severity) - 1)]
