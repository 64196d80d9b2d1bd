"""Whether an object that a function makes outlives the call: kept in a global, an attribute or a cache."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from fastdiag.audit.bodies import own_nodes, parents_in
from fastdiag.audit.ground import Ground
from fastdiag.source.model import Call, Function

MAX_FACTORIES: Final = 3
"""Functions through which an object is handed before somebody keeps it."""
_STARTING: Final = frozenset(
    {"Thread", "Process", "submit", "create_task", "ensure_future", "start_soon", "add_task", "add_job"}
)
"""Last parts of the names of what goes on when the request has ended."""
_CACHES: Final = frozenset(
    {"cache", "lru_cache", "alru_cache", "cached", "cached_property", "singleton", "once"}
)
"""Last parts of the names of decorators that keep what a function returns."""


def is_made_per_request(ground: Ground, call: Call, depth: int = MAX_FACTORIES) -> bool:
    """Return whether requests run ``call`` and throw away what it makes, as far as the source shows."""
    function = call.within
    if function is None or not ground.reach.on_request_path(function) or _is_cached(function):
        return False
    if _is_left_running(ground, function):
        return False
    stores = list(_stores_of(call, function))
    if any(not _is_on_self(store) for store in stores):
        return False
    if stores:  # kept as long as the object is: that may be one request
        return function.name == "__init__" and _some_caller(ground, function, depth)
    if is_returned(call, function) and ground.project.callers(function):
        return _some_caller(ground, function, depth)
    return True


def outlives(call: Call) -> bool:
    """Return whether what a call makes may be there when its function has ended: stored or returned."""
    function = call.within
    if function is None or any(_stores_of(call, function)) or is_returned(call, function):
        return True
    return not any(isinstance(one, ast.Name) for one in _targets_of(call, function))


def _is_left_running(ground: Ground, function: Function) -> bool:
    """Return whether requests only start what leads to a function: a thread, or a task that nobody awaits."""
    for before, step in pairwise(ground.reach.chain_to(function)):
        here = ground.project.functions.get(before.function)
        for call in here.calls if here is not None else ():
            if call.place == step.place and here is not None:
                outer = parents_in(here).get(call.node)
                if _last_name(call.node) in _STARTING or (outer is not None and _starts(outer)):
                    return True
    return False


def _starts(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last_name(node) in _STARTING


def _some_caller(ground: Ground, function: Function, depth: int) -> bool:
    if depth == 0:
        return False
    return any(is_made_per_request(ground, one, depth - 1) for one in ground.project.callers(function))


def _is_cached(function: Function) -> bool:
    """Return whether a decorator keeps what the function, or one around it, returns."""
    node = function.node
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return any(_last_name(one) in _CACHES for one in decorators) or bool(
        function.parent and _is_cached(function.parent)
    )


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _stores_of(call: Call, function: Function) -> Iterator[ast.expr]:
    """Yield the attributes, items and globals that come to hold what a call gives."""
    shared = {
        name
        for node in own_nodes(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
    names = {target.id for target in _targets_of(call, function) if isinstance(target, ast.Name)}
    held = [target for target in _targets_of(call, function) if not isinstance(target, ast.Name)]
    for node in own_nodes(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in names:
            held.extend(node.targets)
    yield from (one for one in held if isinstance(one, (ast.Attribute, ast.Subscript)))
    yield from (ast.Name(name) for name in names & shared)
    yield from (one for one in held if isinstance(one, ast.Name) and one.id in shared)


def _targets_of(call: Call, function: Function) -> Iterator[ast.expr]:
    parents = parents_in(function)
    node = parents.get(call.node)
    while isinstance(node, (ast.Await, ast.IfExp, ast.BoolOp, ast.NamedExpr)):
        if isinstance(node, ast.NamedExpr):
            yield node.target
        node = parents.get(node)
    match node:
        case ast.Assign(targets=targets):
            yield from targets
        case ast.AnnAssign(target=target):
            yield target
        case _:
            return


def _is_on_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def is_returned(call: Call, function: Function) -> bool:
    """Return whether a call's object is what the function returns."""
    names = {target.id for target in _targets_of(call, function) if isinstance(target, ast.Name)}
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if value is call.node or (isinstance(value, ast.Name) and value.id in names):
                return True
    return False
