"""When a function waits for something slow while it holds a database connection.

It holds one from its first statement to the commit, or to the end of the `with`, across what it calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.branches import Parents, arms, is_past, is_sure
from fastdiag.audit.events import Event, Events, State, Wait
from fastdiag.model.audit import CodePlace
from fastdiag.source.model import Call, Function
from fastdiag.source.project import Project

MAX_TOLD: Final = 5
"""Calls between the hold and the wait: of longer ways, nobody can tell whether they are ever gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A slow call, at a place, during which a function holds a connection, and the call that took it."""

    function: Function
    taken: Call
    place: CodePlace
    wait: Wait


class Holding:
    """Answers about the functions of one project, each worked out once."""

    def __init__(self, project: Project) -> None:
        self._events = Events(project)
        self._holds: dict[Function, Hold | None] = {}
        self._left: dict[Function, Event | None] = {}

    def hold(self, function: Function) -> Hold | None:
        """Return the first slow call that a function makes while it holds a connection.

        Where a function on the way to it holds one already, the finding is about that one.
        """
        if function not in self._holds:
            self._holds[function] = None  # for who calls itself
            self._holds[function] = self._first(self._held(function, ()))
        return self._holds[function]

    def hold_of_dependencies(self, handler: Function, dependencies: Sequence[Function]) -> Hold | None:
        """Return the first slow call of a route whose dependencies have taken the request's connection."""
        for each in dependencies:
            if each not in self._left:
                self._left[each] = self._left_behind(each)
        taken = [one for each in dependencies if (one := self._left[each]) is not None]
        return self._first(self._held(handler, taken[:1])) if taken else None

    def stream(self, function: Function) -> tuple[Call, CodePlace] | None:
        """Return the call after which a generator yields with its connection held, and that `yield`."""
        events = self._events.of(function)
        parents = self._events.shelf.parents(function)
        for node in own_nodes(function):
            if isinstance(node, (ast.Yield, ast.YieldFrom)):
                before = [one for one in events if one.at <= (node.lineno, node.col_offset)]
                taken = _taken(before, node, parents)
                if taken is not None:
                    return taken, CodePlace(function.module.file, node.lineno, node.col_offset + 1)
        return None

    def _first(self, holds: Iterator[Hold]) -> Hold | None:
        told = (one for one in holds if len(one.wait.via) <= MAX_TOLD)
        return next((one for one in told if not any(map(self.hold, one.wait.via))), None)

    def _held(self, function: Function, before: Sequence[Event]) -> Iterator[Hold]:
        past = list(before)
        for event in self._events.of(function):
            if event.wait and event.call and any(one.state is State.HELD for one in past):
                taken = _taken(past, event.node, self._events.shelf.parents(function))
                if taken is not None:
                    yield Hold(function=function, taken=taken, place=event.call.place, wait=event.wait)
            past.append(event)

    def _left_behind(self, dependency: Function) -> Event | None:
        """Return what takes a connection in a dependency that the request keeps until it ends."""
        events = self._events.of(dependency)
        if dependency.is_generator:
            held = self.stream(dependency)
            return next((one for one in events if held and one.call is held[0]), None)
        shared = [one for one in events if one.state is not None and not one.is_own]
        last = shared[-1] if shared else None
        if (
            last is None
            or last.state is State.FREE
            or any(arms(last.node, self._events.shelf.parents(dependency)))
        ):
            return None
        return last


def _taken(past: Sequence[Event], node: ast.AST, parents: Parents) -> Call | None:
    """Return the call that has taken the connection which is held at ``node``."""
    taken: Call | None = None
    for event in past:
        if event.state is State.FREE and is_past(event.node, node, parents):
            taken = None
        elif event.state is State.HELD and taken is None and is_sure(event.node, node, parents):
            taken = event.call
    return taken
