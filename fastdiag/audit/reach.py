"""Which functions run for a request, which of them on the event loop, and the shortest way to each."""

from __future__ import annotations

import ast
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from fastdiag.audit.entries import ON_REQUEST, Entry, RootKind, entry
from fastdiag.audit.offload import Edge, Names, Where, edges
from fastdiag.audit.roots import Roots
from fastdiag.model.audit import Confidence, Root, Step
from fastdiag.source.model import Function
from fastdiag.source.project import Project

_SPAWNING: Final = frozenset(
    {"create_task", "ensure_future", "start_soon", "create_background_task", "add_job"}
)
"""What start-up calls to leave a coroutine running beside the requests."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The best way to a function: through as few guessed calls as possible, then through as few calls."""

    entry: Entry
    before: Function | None
    edge: Edge | None
    doubts: int
    length: int


class Reach:
    """What roots lead to. Ways are the shortest among those with the fewest guesses."""

    def __init__(self, project: Project, roots: Roots) -> None:
        self._project = project
        self._edges: dict[Function, tuple[Edge, ...]] = {}
        self._names = Names.of(project)
        entries = (*roots.entries, *self._left_running(roots))
        self._loop = self._spread([one for one in entries if one.on_loop], _runs_here)
        on_request = [one for one in entries if one.root.kind in ON_REQUEST]
        self._request = self._spread(on_request, lambda _: True)
        self._all = tuple(dict.fromkeys(one.root for one in entries if one.on_loop))
        self._roots = self._roots_by_function([one for one in entries if one.on_loop])
        here = (edge for one in self._loop for edge in self.edges(one) if _runs_here(edge))
        self._run_whole = {edge.target for edge in here if not edge.begun}
        self._run_whole |= {one.function for one in entries if one.on_loop}

    @property
    def on_loop(self) -> Iterable[Function]:
        """The functions that run on the event loop which serves requests."""
        return self._loop

    def is_on_loop(self, function: Function) -> bool:
        """Tell whether a function runs on the event loop while it serves requests."""
        return function in self._loop

    def is_only_begun(self, function: Function) -> bool:
        """Tell whether a generator runs on the loop by `next(...)` alone, up to its first `yield`."""
        return function in self._loop and function not in self._run_whole

    def on_request_path(self, function: Function) -> bool:
        """Tell whether a request leads to a function, on the loop or in a thread."""
        return function in self._request

    def chain_to(self, function: Function) -> tuple[Step, ...]:
        """Return the shortest way from a root to a function, on the loop where there is one; or ()."""
        known = self._loop if function in self._loop else self._request
        steps: list[Step] = []
        here: Function | None = function
        while here is not None and here in known:
            arrival = known[here]
            if arrival.edge is None:
                return (*arrival.entry.steps, *reversed(steps))
            steps.append(Step(text=_said(here), place=arrival.edge.place, function=here.qualname))
            here = arrival.before
        return ()

    def confidence(self, function: Function) -> Confidence:
        """Return how sure it is that the way to a function is gone: each guessed call on it lowers it."""
        arrival = self._loop.get(function) or self._request.get(function)
        doubts = arrival.doubts if arrival is not None else 2
        return (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)[min(doubts, 2)]

    def roots_to(self, function: Function) -> tuple[Root, ...]:
        """Return every root that leads to a function on the event loop."""
        numbers = self._roots.get(function, 0)
        return tuple(root for index, root in enumerate(self._all) if numbers >> index & 1)

    def edges(self, function: Function) -> tuple[Edge, ...]:
        """Return what a function leads to."""
        known = self._edges.get(function)
        if known is None:
            known = self._edges[function] = tuple(dict.fromkeys(edges(self._project, function, self._names)))
        return known

    # --- spreading -----------------------------------------------------------------------------

    def _spread(
        self, entries: Iterable[Entry], follows: Callable[[Edge], bool]
    ) -> Mapping[Function, _Arrival]:
        best: dict[Function, _Arrival] = {}
        order = count()
        queue = [
            (0, len(one.steps), next(order), one.function, _Arrival(one, None, None, 0, len(one.steps)))
            for one in entries
        ]
        heapq.heapify(queue)
        while queue:
            doubts, length, _, function, arrival = heapq.heappop(queue)
            if function in best:
                continue
            best[function] = arrival
            for edge in self.edges(function):
                if follows(edge) and edge.target not in best:
                    more = doubts + (not edge.sure or edge.begun)  # better a way that is gone to its end
                    onward = _Arrival(arrival.entry, function, edge, more, length + 1)
                    heapq.heappush(queue, (more, length + 1, next(order), edge.target, onward))
        return best

    def _roots_by_function(self, entries: Iterable[Entry]) -> Mapping[Function, int]:
        """Return which roots lead to each function on the loop: one bit for each of ``_all``."""
        number = {root: 1 << index for index, root in enumerate(self._all)}
        found: dict[Function, int] = defaultdict(int)
        for one in entries:
            found[one.function] |= number[one.root]
        pending = list(found)
        while pending:
            function = pending.pop()
            for edge in filter(_runs_here, self.edges(function)):
                together = found[edge.target] | found[function]
                if together != found[edge.target]:
                    found[edge.target] = together
                    pending.append(edge.target)
        return found

    def _left_running(self, roots: Roots) -> Iterable[Entry]:
        """Return the coroutines that start-up leaves running on the loop of the requests."""
        starting = [one for one in roots.entries if one.root.kind == RootKind.LIFESPAN]
        for function in self._spread(starting, _runs_here):
            spawned = {
                call.place
                for call in function.calls
                if _name_of(call.node) in _SPAWNING and not call.is_awaited
            }
            inner = {
                (argument.lineno, argument.col_offset + 1)
                for call in function.calls
                if call.place in spawned
                for argument in call.node.args
            }
            for edge in self.edges(function):
                at = (edge.place.line, edge.place.column)
                if edge.target.is_async and (edge.place in spawned or at in inner):
                    yield entry(edge.target, f"task {edge.target.name}", RootKind.LOOP_TASK)


def reachable(project: Project, roots: Roots) -> Reach:
    """Return what the roots of a project lead to."""
    return Reach(project, roots)


def _runs_here(edge: Edge) -> bool:
    return edge.where is Where.HERE


def _said(function: Function) -> str:
    owner = f"{function.owner.node.name}." if function.owner is not None else ""
    return f"{owner}{function.name}"


def _name_of(node: ast.Call) -> str:
    func = node.func
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""
