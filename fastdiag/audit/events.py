"""What the calls of a function do to its database connection: take it, give it back, or make it wait.

The sessions of one request are taken for one: FastAPI shares what a dependency yields. What a function opens
and closes itself is its own, and of no concern to its callers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from typing import Final, NamedTuple

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.connections import HOLDERS, OPENERS, RELEASES, TAKERS, USES
from fastdiag.audit.shelf import Shelf
from fastdiag.audit.slow import KINDS, Slow, slow_of
from fastdiag.source.model import Call, Function, Object, Outside, OutsideObject, Routine, Value
from fastdiag.source.project import Project

MAX_DEPTH: Final = 60
"""Calls that are followed down to a statement or a slow call: each takes some frames of Python's stack."""
_TRANSACTIONS: Final = (".begin", ".transaction")


class State(StrEnum):
    """What a stretch of code leaves behind."""

    HELD = "held"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A slow call that a call makes, itself or below: ``via`` are the functions that lead to it."""

    slow: Slow
    call: Call
    path: str
    via: tuple[Function, ...] = ()


class Event(NamedTuple):
    """What a call does, or the end of a `with` (then ``call`` is None); ``at`` orders them.

    is_own  it is done to a session that the function opened itself
    """

    at: tuple[int, int]
    node: ast.AST
    call: Call | None
    state: State | None
    wait: Wait | None = None
    is_own: bool = False


@dataclass(slots=True)
class Events:
    """Answers about the functions of one project, each worked out once."""

    project: Project
    shelf: Shelf = field(default_factory=Shelf)
    _known: dict[Function, list[Event]] = field(default_factory=dict)
    _ends: dict[Function, State | None] = field(default_factory=dict)
    _waits: dict[Function, Wait | None] = field(default_factory=dict)
    _open: set[Function] = field(default_factory=set)

    def of(self, function: Function, depth: int = 0) -> list[Event]:
        """Return what a function does, in the order of the text."""
        if function not in self._known:
            self._known[function] = self._read(function, depth)
        return self._known[function]

    def _read(self, function: Function, depth: int) -> list[Event]:
        events = [event for call in function.calls if (event := self._event(call, depth)) is not None]
        if any(event.state is State.HELD for event in events):
            ends = list(_ends_of_blocks(self.project, function))
            events = [event._replace(is_own=event.is_own or _is_within(event, ends)) for event in events]
            events.extend(ends)
        return sorted(events, key=lambda event: event.at)

    def _event(self, call: Call, depth: int) -> Event | None:
        end = (call.node.end_lineno or 0, call.node.end_col_offset or 0)
        for target in self.project.targets(call):
            path = _outside(target.value)
            if path:
                state, wait = _state_of(path), self._wait(path, call)
            elif isinstance(target.value, Routine) and target.sure and depth < MAX_DEPTH:
                state, wait = self._below(call, target.value.function, depth)
            else:
                continue
            if state or wait:
                return Event(
                    end, call.node, call, state, wait, is_own=self._is_own(call, is_outside=bool(path))
                )
        return None

    def _is_own(self, call: Call, *, is_outside: bool) -> bool:
        """Return whether a call is of, or with, a session that its own function made."""
        function = call.within
        if function is None:
            return False
        names = {_base(call.node.func)}
        if not is_outside:
            given = (*call.node.args, *(keyword.value for keyword in call.node.keywords))
            sessions = (one for one in given if isinstance(one, ast.Name) and self._is_holder(one, function))
            names.update(one.id for one in sessions)
        return any(name and self.shelf.is_local(function, name) for name in names)

    def _is_holder(self, node: ast.expr, function: Function) -> bool:
        return any(_is_holder(self.project, value) for value in self.project.value(node, function))

    def _wait(self, path: str, call: Call) -> Wait | None:
        slow = slow_of(path)
        if slow is None or _is_instant(slow, call) or (_is_coroutine(path) and not call.is_awaited):
            return None
        return None if self._is_in_process(call) else Wait(slow=slow, call=call, path=path)

    def _is_in_process(self, call: Call) -> bool:
        """Return whether a client has its own transport: `ASGITransport(app)` leads to no other service."""
        if not isinstance(call.node.func, ast.Attribute):
            return False
        values = self.project.value(call.node.func.value, call.within or call.module)
        makers = (
            value.call for value in values if isinstance(value, OutsideObject) and value.call is not None
        )
        return any(keyword.arg == "transport" for maker in makers for keyword in maker.keywords)

    def _below(self, call: Call, function: Function, depth: int) -> tuple[State | None, Wait | None]:
        """Return what calling a function of the project leaves behind, and for what it waits."""
        if function.is_generator or (function.is_async and not call.is_awaited) or function in self._open:
            return None, None
        if function not in self._ends:
            self._open.add(function)
            events = self.of(function, depth + 1)
            self._open.discard(function)
            states = (one.state for one in reversed(events) if one.state and not one.is_own)
            self._ends[function] = next(states, None)
            waits = [one.wait for one in takewhile(_keeps, events) if one.wait]
            wait = min(waits, key=lambda one: KINDS.index(one.slow.kind), default=None)
            self._waits[function] = None if wait is None else _through(wait, function)
        return self._ends[function], self._waits[function]


def _keeps(event: Event) -> bool:
    """Return whether a caller's connection is still held after an event: no commit gave it back."""
    return event.is_own or event.state is not State.FREE


def _through(wait: Wait, function: Function) -> Wait:
    return Wait(slow=wait.slow, call=wait.call, path=wait.path, via=(function, *wait.via))


def _outside(value: Value) -> str:
    return value.path if isinstance(value, (Outside, OutsideObject)) else ""


def _state_of(path: str) -> State | None:
    if path in USES or path in TAKERS:
        return State.HELD
    return State.FREE if path in RELEASES else None


def _is_coroutine(path: str) -> bool:
    return (
        path.startswith(("httpx.Async", "aiohttp.", "asyncio.", "anyio.", "aiosmtplib.")) or ".Async" in path
    )


def _is_instant(slow: Slow, call: Call) -> bool:
    """Return whether a call is `sleep(0)`, which only lets others run."""
    first = call.node.args[0] if call.node.args else None
    return slow.kind == "sleep" and isinstance(first, ast.Constant) and first.value == 0


def _is_holder(project: Project, value: Value) -> bool:
    """Return whether a value is a session or a connection, one of the project's own class too."""
    if isinstance(value, Object):
        return any(base in HOLDERS for base in project.bases(value.cls))
    return _outside(value) in HOLDERS


def _base(node: ast.expr) -> str:
    """Return the name with which `session.execute(...).first` begins."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_within(event: Event, ends: Sequence[Event]) -> bool:
    """Return whether a call stands in a `with` that gives back what it takes."""
    line = event.node.lineno if isinstance(event.node, ast.expr) else 0
    return any(isinstance(end.node, ast.stmt) and end.node.lineno <= line <= end.at[0] for end in ends)


def _ends_of_blocks(project: Project, function: Function) -> Iterator[Event]:
    """Yield where a `with` gives back what it took."""
    entered: Mapping[ast.AST, Call] = {call.node: call for call in function.calls if call.is_entered}
    for node in own_nodes(function):
        if isinstance(node, (ast.With, ast.AsyncWith)) and any(
            _is_opening(project, item, entered.get(item.context_expr), function) for item in node.items
        ):
            end = (node.end_lineno or 0, node.end_col_offset or 0)
            yield Event(end, node, None, State.FREE, is_own=True)


def _is_opening(project: Project, item: ast.withitem, call: Call | None, function: Function) -> bool:
    """Return whether a `with` is of a session, a connection or a transaction, all of which end with it."""
    nodes = (item.context_expr, item.optional_vars) if item.optional_vars else (item.context_expr,)
    if any(_is_holder(project, value) for node in nodes for value in project.value(node, function)):
        return True
    paths = [_outside(target.value) for target in project.targets(call)] if call else []
    return any(path in TAKERS or path in OPENERS or path.endswith(_TRANSACTIONS) for path in paths)
