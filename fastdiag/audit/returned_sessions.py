"""Dependencies that return a session instead of yielding it: FastAPI closes none, and nor does the route."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.closing import CHECK
from fastdiag.audit.connections import OPENERS
from fastdiag.audit.ground import Ground
from fastdiag.audit.keeping import is_returned
from fastdiag.audit.spot import at_call, path_of
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Function

_GIVING_BACK: Final = frozenset({"close", "aclose", "remove", "release", "putconn"})


def check(ground: Ground) -> Iterator[Finding]:
    """Yield the sessions that dependencies return, where no handler that gets one closes anything."""
    users = _users(ground)
    for call in ground.project.calls_to(*OPENERS):
        function = call.within
        if function is None or function not in users or function.is_generator:
            continue
        if not is_returned(call, function) or any(map(_closes, users[function])):
            continue
        path = path_of(ground.project, call).removesuffix(".__call__")
        message = (
            f"{function.name} returns {path} to each request, and nobody closes it: FastAPI comes back only"
            " to dependencies that yield"
        )
        fix = "Open it with a `with` or an `async with`, and yield it from there."
        yield at_call(ground, CHECK, call, message, sink=path, fix=fix, confidence=Confidence.LIKELY)


def _users(ground: Ground) -> Mapping[Function, Iterable[Function]]:
    """Return for each dependency the handlers and dependencies that ask for it."""
    users: dict[Function, set[Function]] = defaultdict(set)
    for entry in ground.roots.entries:
        before = entry.steps[-2].function if len(entry.steps) > 1 else ""
        user = ground.project.functions.get(before)
        if user is not None:
            users[entry.function].add(user)
    return users


def _closes(function: Function) -> bool:
    """Return whether a function closes, or enters, one of its parameters."""
    arguments = function.node.args
    given = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return any(_is_given(one, given) for node in own_nodes(function) for one in _given_back(node))


def _given_back(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in _GIVING_BACK:
            yield value
        case ast.With(items=items) | ast.AsyncWith(items=items):
            yield from (one.context_expr for one in items)
        case _:
            return


def _is_given(node: ast.expr, given: Container[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in given
