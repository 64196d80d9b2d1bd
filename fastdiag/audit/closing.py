"""Sessions and connections that are not given back when something fails between opening and closing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from fastdiag.audit.bodies import nodes_below, own_nodes, parents_in
from fastdiag.audit.connections import OPENERS
from fastdiag.audit.ground import Ground
from fastdiag.audit.naming import shown
from fastdiag.audit.spot import at_call, path_of
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Call, Function

CHECK: Final = "session-not-closed"
_GIVING_BACK: Final = frozenset({"close", "aclose", "remove", "release", "putconn", "__exit__", "__aexit__"})

_WITHOUT_WITH: Final = ("asyncpg.connect", "psycopg2.connect", ".getconn")
"""What they give is not closed, or not given back, by its own `with`."""
_KEEPING: Final = frozenset({"push", "callback", "enter_context", "enter_async_context", "append", "add"})
"""Methods of exit stacks and of collections."""


def check(ground: Ground) -> Iterator[Finding]:
    """Yield what is opened, and closed only when all goes well, or not at all."""
    for call in ground.project.calls_to(*OPENERS):
        function = call.within
        if function is None or call.is_entered or isinstance(function.node, ast.Lambda):
            continue
        name = _name_of(call, function)
        if name is None or _is_handed_on(name, function) or _is_safe(name, function):
            continue
        yield _finding(ground, call, name, function)


def _finding(ground: Ground, call: Call, name: str, function: Function) -> Finding:
    if any(_gives_back(node, name) for node in own_nodes(function)):
        where = "in the request" if function.is_generator else "before that"
        message = f"{name} is closed only when all goes well: an error {where} leaves its connection open"
    else:
        message = (
            f"nothing here closes {name}: its connection stays open until the garbage collector finds it"
        )
    path = path_of(ground.project, call).removesuffix(".__call__")
    fix = _fix(path, call, name)
    return at_call(ground, CHECK, call, message, sink=path, fix=fix, confidence=Confidence.LIKELY)


def _fix(path: str, call: Call, name: str) -> str:
    if path.endswith(_WITHOUT_WITH):
        return f"Give {name} back in a finally: that runs, whatever happens before."
    is_async = ".asyncio." in path or "Async" in path or path.startswith("asyncpg.")
    keyword = "async with" if is_async else "with"
    return f"{keyword} {shown(call.node.func)}(...) as {name}: closes it, whatever happens inside."


def _name_of(call: Call, function: Function) -> str | None:
    """Return the local name that a call is given to; None where it is not simply that."""
    parents = parents_in(function)
    node = parents.get(call.node)
    if isinstance(node, ast.Await):
        node = parents.get(node)
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return None if _is_shared(name, function) else name
        case _:
            return None


def _is_shared(name: str, function: Function) -> bool:
    return any(
        isinstance(one, (ast.Global, ast.Nonlocal)) and name in one.names for one in own_nodes(function)
    )


def _is_handed_on(name: str, function: Function) -> bool:
    """Return whether somebody else has it afterwards: returned, stored, or given to what keeps it."""
    return any(_hands_on(node, name) for node in own_nodes(function))


def _hands_on(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Return(value=ast.expr() as value):
            return _is_or_is_kept(value, name)
        case ast.Assign(targets=targets, value=value) if _is_name(value, name):
            return any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in targets)
        case ast.Call(func=ast.Attribute(attr=attribute), args=args) if attribute in _KEEPING:
            return any(_is_name(one, name) for one in args)
        case _:
            return False


def _is_safe(name: str, function: Function) -> bool:
    """Return whether a `with` or a `finally` gives it back, or an `except` does, and the good path too."""
    nodes = list(own_nodes(function))
    if any(_enters(node, name) for node in nodes):
        return True
    tries = [node for node in nodes if isinstance(node, (ast.Try, ast.TryStar))]
    if any(_mentions(one.finalbody, name) for one in tries):
        return True
    caught = any(_closes(handler.body, name) for one in tries for handler in one.handlers)
    return caught and sum(_gives_back(node, name) for node in nodes) > 1


def _enters(node: ast.AST, name: str) -> bool:
    if not isinstance(node, (ast.With, ast.AsyncWith)):
        return False
    return any(_is_or_holds(item.context_expr, name) for item in node.items)


def _is_or_holds(node: ast.expr, name: str) -> bool:
    """Return whether an expression is a name, or a call or a display that is given it."""
    match node:
        case ast.Call(args=args, keywords=keywords):
            return any(_is_name(one, name) for one in (*args, *(keyword.value for keyword in keywords)))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(_is_name(one, name) for one in parts)
        case _:
            return _is_name(node, name)


def _is_or_is_kept(node: ast.expr, name: str) -> bool:
    """Return whether what is returned is the name, or an object that is made with it."""
    if isinstance(node, ast.Call):
        made = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return made[:1].isupper() and _is_or_holds(node, name)
    return _is_or_holds(node, name)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _mentions(statements: Sequence[ast.stmt], name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name for one in statements for node in nodes_below(one)
    )


def _closes(statements: Sequence[ast.stmt], name: str) -> bool:
    return any(_gives_back(node, name) for one in statements for node in nodes_below(one))


def _gives_back(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attribute), args=args) if (
            attribute in _GIVING_BACK
        ):
            return _is_name(value, name) or any(_is_name(one, name) for one in args)
        case _:
            return False
