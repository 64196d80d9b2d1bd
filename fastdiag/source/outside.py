"""What calls of names outside the project give: by the language, by the table, by the look of the name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from fastdiag.source.inner import (
    Inner,
    Inners,
    Maker,
    Many,
    Pending,
    Row,
    Super,
    awaited,
    union,
)
from fastdiag.source.model import Object, Outside, OutsideObject, Partial, Routine, Type
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_SAME: Final = frozenset(
    {
        "asyncio.wait_for",
        "asyncio.shield",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.timeout",
        "asyncio.TaskGroup.create_task",
        "asyncio.AbstractEventLoop.create_task",
        "copy.copy",
        "copy.deepcopy",
        "dataclasses.replace",
        "weakref.proxy",
        "contextlib.closing",
        "contextlib.aclosing",
        "inspect.unwrap",
    },
)
"""Gives what it is given. Awaiting a task gives what its coroutine gives."""
_LISTS: Final = frozenset(
    {
        "list",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "reversed",
        "iter",
        "aiter",
        "filter",
        "collections.deque",
        "itertools.chain",
        "itertools.islice",
        "itertools.cycle",
    },
)
_FIRST: Final = frozenset({"next", "anext", "min", "max", "random.choice"})
_THREADS: Final[dict[str, int]] = {
    "asyncio.to_thread": 0,
    "starlette.concurrency.run_in_threadpool": 0,
    "anyio.to_thread.run_sync": 0,
    "asyncio.AbstractEventLoop.run_in_executor": 1,
}
"""Awaiting it gives what the function gives that stands at this position."""
_RUNNERS: Final = frozenset(
    {"asyncio.run", "asyncio.AbstractEventLoop.run_until_complete", "asyncio.run_coroutine_threadsafe"}
)
_MANY: Final = {"values": "list", "keys": "list", "copy": "", "items": "list"}
_ELEMENT: Final = frozenset({"pop", "get", "popleft", "setdefault", "popitem"})


def result(inference: Inference, path: str, call: ast.Call, scope: Scope) -> Inners:
    """Return what calling a name outside gives."""
    special = _special(inference, path, call, scope)
    if special is not None:
        return special
    contained = _of_container(inference, call, scope)
    if contained is not None:
        return contained
    typed = inference.outsiders.result(path)
    if typed is not None:
        return parsed(inference, typed, call)
    if inference.outsiders.is_class(path):
        return (OutsideObject(path, call),)
    return ()


def by_table(inference: Inference, path: str) -> Inners:
    """Return what the table says that a name gives when it is called."""
    typed = inference.outsiders.result(path)
    return parsed(inference, typed, None) if typed else ()


def parsed(inference: Inference, typed: str, call: ast.Call | None) -> Inners:
    """Return the values of a type as the table spells it: a dotted name, `list[name]`, or several with |."""
    found: list[Inner] = []
    for part in typed.split("|"):
        name = part.strip()
        if name.startswith("list[") and name.endswith("]"):
            found.append(Many("list", parsed(inference, name[5:-1], call)))
        elif name and name != "None":
            found.append(OutsideObject(inference.outsiders.normal(name), call))
    return union(found)


def _special(  # noqa: PLR0911 - one a family of functions
    inference: Inference, path: str, call: ast.Call, scope: Scope
) -> Inners | None:
    """Return what functions of the language give, by their arguments; None for all others."""
    if path == "super":
        return _super(scope)
    if not call.args or isinstance(call.args[0], ast.Starred):
        return None
    if path in _SAME:
        return inference.values(call.args[0], scope)
    if path in _LISTS:
        return (Many(path.rpartition(".")[2], inference.iterated(inference.values(call.args[0], scope))),)
    if path in _FIRST:
        return inference.iterated(inference.values(call.args[0], scope))
    if path in _RUNNERS:
        return awaited(inference.values(call.args[0], scope))
    if path in _THREADS and len(call.args) > _THREADS[path]:
        given = inference.values(call.args[_THREADS[path]], scope)
        return (Pending(union(*(inference.called(value, call, scope) for value in given))),)
    return _of_arguments(inference, path, call, scope)


def _of_arguments(  # noqa: PLR0911 - one a function
    inference: Inference, path: str, call: ast.Call, scope: Scope
) -> Inners | None:
    first = call.args[0]
    match path:
        case "functools.partial" | "functools.partialmethod":
            return tuple(Partial(value) for value in _callables(inference.values(first, scope)))
        case "typing.cast":
            return inference.annotated(first, scope) or inference.values(call.args[-1], scope)
        case "type":
            return _types(inference.values(first, scope)) if len(call.args) == 1 else ()
        case "enumerate":
            return (Many("generator", (Row(((), inference.iterated(inference.values(first, scope)))),)),)
        case "zip":
            parts = tuple(inference.iterated(inference.values(each, scope)) for each in call.args)
            return (Many("generator", (Row(parts),)),)
        case "map":
            results = (inference.called(value, call, scope) for value in inference.values(first, scope))
            return (Many("generator", union(*results)),)
        case "asyncio.gather":
            return (Pending((Row(tuple(awaited(inference.values(each, scope)) for each in call.args)),)),)
        case "getattr":
            return _getattr(inference, call, scope)
        case _:
            return _of_manager(inference, path, call, scope)


def _of_manager(inference: Inference, path: str, call: ast.Call, scope: Scope) -> Inners | None:
    """Return what exit stacks and the decorators of the library give when they are called as functions."""
    last = path.rpartition(".")[2]
    if last in {"enter_context", "enter_async_context"}:
        return inference.entered(inference.values(call.args[0], scope))
    if path in {"contextlib.contextmanager", "contextlib.asynccontextmanager"}:
        return tuple(Maker(value) for value in _callables(inference.values(call.args[0], scope)))
    if path in {"functools.cache", "functools.lru_cache", "staticmethod", "classmethod"}:
        return inference.values(call.args[0], scope)
    return None


def _callables(values: Inners) -> tuple[Outside | OutsideObject | Routine | Type | Object | Partial, ...]:
    return tuple(
        v for v in values if isinstance(v, Outside | OutsideObject | Routine | Type | Object | Partial)
    )


def _types(values: Inners) -> Inners:
    found: list[Inner] = []
    for value in values:
        if isinstance(value, Object):
            found.append(Type(value.cls))
        elif isinstance(value, OutsideObject):
            found.append(Outside(value.path))
    return union(found)


def _getattr(inference: Inference, call: ast.Call, scope: Scope) -> Inners:
    name = call.args[1] if len(call.args) > 1 else None
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return ()
    text = name.value
    owner = call.args[0]
    if isinstance(owner, ast.Attribute) and owner.attr == "state" and text in inference.sources.states:
        return union(*(inference.bound(binding) for binding in inference.sources.states[text]))
    return union(*(inference.attribute(value, text) for value in inference.values(owner, scope)))


def _super(scope: Scope) -> Inners:
    here: Scope | None = scope
    while here is not None:
        if here.cls is not None:
            return (Super(here.cls),)
        here = here.parent
    return ()


def _of_container(inference: Inference, call: ast.Call, scope: Scope) -> Inners | None:
    """Return what methods of containers give; None where the receiver is none."""
    if not isinstance(call.func, ast.Attribute):
        return None
    name = call.func.attr
    if name not in _MANY and name not in _ELEMENT:
        return None
    owners = [owner for owner in inference.values(call.func.value, scope) if isinstance(owner, Many | Row)]
    if not owners:
        return None
    return union(*(_from_container(owner, name) for owner in owners))


def _from_container(owner: Many | Row, name: str) -> Inners:
    if isinstance(owner, Row):
        return ()
    if name in _ELEMENT:
        return owner.of
    if name == "copy":
        return (owner,)
    if name == "items":
        return (Many("list", (Row(((), owner.of)),)),)
    return (Many("list", owner.of if name == "values" else ()),)
