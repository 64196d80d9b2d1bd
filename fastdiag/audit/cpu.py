"""Heavy computing in plain `def` handlers: a thread frees the event loop of it, not the interpreter."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.entries import ON_REQUEST, Entry, RootKind
from fastdiag.audit.ground import Ground
from fastdiag.audit.offload import Where
from fastdiag.model.audit import Confidence, Finding, Step
from fastdiag.source.model import Call, Function

IN_REQUEST: Final = "cpu-in-request"
IDS: Final = (IN_REQUEST,)
HEAVY: Final = frozenset({"image", "data-frame", "document", "model-inference", "archive", "cpu"})
"""Kinds of sinks that compute. Hashes of passwords are left out: they are meant to be slow, and free the
interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a handler in a thread leads to a function; ``sure`` when no call on it was guessed."""

    steps: tuple[Step, ...]
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    """A call that computes for long, and the way to it."""

    call: Call
    path: str
    way: _Way


def check(ground: Ground) -> Iterator[Finding]:
    """Yield heavy computing for which a request waits in a thread, once for a handler and a kind of work.

    What stands on the event loop is told as blocking-call; what goes to an executor has left the handler.
    """
    found: dict[tuple[Step, str], list[_Hit]] = {}
    for function, way in _in_threads(ground).items():
        if not ground.reach.is_on_loop(function):
            for call in function.calls:
                path, kind = _heavy(ground, call)
                if kind:
                    found.setdefault((way.steps[0], kind), []).append(_Hit(call=call, path=path, way=way))
    for (_, kind), hits in found.items():
        yield _finding(ground, hits, kind)


def _in_threads(ground: Ground) -> Mapping[Function, _Way]:
    """Return what plain `def` handlers lead to without leaving their thread, each by its shortest way."""
    ways: dict[Function, _Way] = {}
    todo: deque[tuple[Function, _Way]] = deque(
        (one.function, _Way(steps=one.steps, sure=True)) for one in ground.roots.entries if _is_in_thread(one)
    )
    while todo:
        function, way = todo.popleft()
        if function in ways:
            continue
        ways[function] = way
        for edge in ground.reach.edges(function):
            if edge.where is Where.HERE and edge.target not in ways:
                step = Step(text=edge.target.name, place=edge.place, function=edge.target.qualname)
                todo.append((edge.target, _Way(steps=(*way.steps, step), sure=way.sure and edge.sure)))
    return ways


def _is_in_thread(one: Entry) -> bool:
    return RootKind(one.root.kind) in ON_REQUEST and not one.function.is_async


def _heavy(ground: Ground, call: Call) -> tuple[str, str]:
    """Return what heavy work a call does, by its name outside and its kind; empty for other calls."""
    for target in ground.project.targets(call):
        path = ground.project.outside_path(target.value) or ""
        sink = ground.sinks.sink(path)
        if sink is not None and sink.kind in HEAVY:
            return path, sink.kind
    return "", ""


def _finding(ground: Ground, hits: list[_Hit], kind: str) -> Finding:
    first = min(hits, key=lambda hit: len(hit.way.steps))
    others = len(hits) - 1
    more = f" (and {others} other place{'s' * (others > 1)} on its way)" if others else ""
    return Finding(
        check=IN_REQUEST,
        place=first.call.place,
        message=f"{first.path}{more} {ground.sinks.kinds[kind].title} while {first.way.steps[0].text} waits,"
        " in a thread of the web worker: it takes the CPU from every other request",
        confidence=Confidence.CERTAIN if first.way.sure else Confidence.LIKELY,
        severity=ground.checks[IN_REQUEST].severity,
        chain=(*first.way.steps, Step(text=first.path, place=first.call.place)),
        sink=first.path,
        kind=kind,
    )
