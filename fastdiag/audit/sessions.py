"""Sessions that hold a database connection while the request waits for something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from fastdiag.audit.entries import RootKind
from fastdiag.audit.ground import Ground
from fastdiag.audit.holding import Hold, Holding
from fastdiag.audit.spot import chain_to, scope_of
from fastdiag.model.audit import CodePlace, Confidence, Finding, Root, Step
from fastdiag.source.model import Call, Function, Routine
from fastdiag.source.project import Project

HELD: Final = "session-held"


_RESPONSES: Final = (
    "starlette.responses.StreamingResponse",
    "fastapi.responses.StreamingResponse",
    "sse_starlette.EventSourceResponse",
    "sse_starlette.sse.EventSourceResponse",
)
"""They send what a generator yields, as fast as the client reads."""


def check(ground: Ground) -> Iterator[Finding]:
    """Yield one finding for each function that holds a connection while it waits: its first such wait."""
    holding = Holding(ground.project)
    for function in ground.project.functions.values():
        is_served = ground.reach.is_on_loop(function) or ground.reach.on_request_path(function)
        hold = holding.hold(function) if is_served else None
        if hold is not None:
            yield _during_a_wait(ground, hold)
    for handler, dependencies in _routes(ground):
        hold = holding.hold_of_dependencies(handler, dependencies) if holding.hold(handler) is None else None
        if hold is not None:
            yield _during_a_wait(ground, hold)
    for call, generator in _streams(ground.project):
        held = holding.stream(generator)
        if held is not None and holding.hold(generator) is None:
            yield _during_a_stream(ground, call, generator, *held)


def _routes(ground: Ground) -> Iterator[tuple[Function, list[Function]]]:
    """Yield the handler of each route, and the dependencies that have run when it begins."""
    functions: dict[Root, list[Function]] = {}
    for entry in ground.roots.entries:
        if entry.root.kind == RootKind.ROUTE:
            functions.setdefault(entry.root, []).append(entry.function)
    seen: set[Function] = set()
    for root, each in functions.items():
        handler = next((one for one in each if one.qualname == root.function), None)
        if handler is not None and handler not in seen:
            seen.add(handler)
            yield handler, [one for one in each if one is not handler]


def _streams(project: Project) -> Iterator[tuple[Call, Function]]:
    """Yield the generators that are sent as responses, each once, with the call that sends it."""
    seen: set[Function] = set()
    for call in project.calls_to(*_RESPONSES):
        content = Project.argument(call, "content", 0)
        if not isinstance(content, ast.Call):
            continue
        for value in project.value(content.func, scope_of(call)):
            if isinstance(value, Routine) and value.function.is_generator and value.function not in seen:
                seen.add(value.function)
                yield call, value.function


def _during_a_stream(
    ground: Ground, response: Call, generator: Function, taken: Call, place: CodePlace
) -> Finding:
    step = Step(text=f"stream {generator.name}", place=place, function=generator.qualname)
    return Finding(
        check=HELD,
        place=place,
        message=f"The connection that line {taken.place.line} takes is held until the client has read all",
        confidence=Confidence.LIKELY,
        severity=ground.checks[HELD].severity,
        chain=chain_to(ground, response.within, step),
        kind="stream",
        fix="Read what the stream needs before it begins, or page by page, each in a transaction of its own.",
    )


def _during_a_wait(ground: Ground, hold: Hold) -> Finding:
    wait = hold.wait
    is_here = hold.taken.within is hold.function
    taken = f"line {hold.taken.place.line}" if is_here else f"its dependency at {hold.taken.place}"
    steps = [Step(text=one.name, place=one.place, function=one.qualname) for one in wait.via]
    chain = chain_to(ground, hold.function, Step(text=wait.path, place=wait.call.place))
    return Finding(
        check=HELD,
        place=hold.place,
        message=f"The connection that {taken} takes is held while {wait.path} waits until {wait.slow.words}",
        confidence=Confidence.POSSIBLE if wait.via or not is_here else Confidence.LIKELY,
        severity=ground.checks[HELD].severity,
        chain=(*chain[:-1], *steps, *chain[-1:]),
        sink=wait.path,
        kind=wait.slow.kind,
    )
