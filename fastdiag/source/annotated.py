"""What annotations say: unions, containers, string annotations, Annotated, and aliases of all these."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from fastdiag.source.inner import Form, Inner, Inners, Manager, Many, Pending, Row, union
from fastdiag.source.model import Object, Outside, OutsideObject, Type
from fastdiag.source.scopes import Scope

if TYPE_CHECKING:
    from fastdiag.source.infer import Inference

_SAME: Final = frozenset(
    {
        "Annotated",
        "Optional",
        "Final",
        "ClassVar",
        "Required",
        "NotRequired",
        "ReadOnly",
        "InitVar",
        "Mapped",
        "WriteOnlyMapped",
        "SkipValidation",
    },
)
"""What these wrap is what the value is."""
_MANY: Final = frozenset(
    {
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "deque",
        "Deque",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "AbstractSet",
        "MutableSet",
        "Generator",
        "AsyncGenerator",
        "AsyncIterator",
        "AsyncIterable",
        "Reversible",
        "DynamicMapped",
    },
)
_DICTS: Final = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
)
_PENDING: Final = frozenset({"Awaitable", "Coroutine", "Task", "Future"})
_MANAGERS: Final = frozenset(
    {"ContextManager", "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager"},
)
_TYPES: Final = frozenset({"type", "Type"})
_FORMS: Final = (
    _SAME
    | _MANY
    | _DICTS
    | _PENDING
    | _MANAGERS
    | _TYPES
    | {"tuple", "Tuple", "Union", "Literal", "Callable"}
)
_NOTHING: Final = frozenset(
    {"object", "typing.Any", "typing.Callable", "None", "typing.Never", "typing.NoReturn", "typing.Hashable"},
)
_HOMES: Final = (
    "typing",
    "types",
    "builtins",
    "collections",
    "contextlib",
    "asyncio",
    "dataclasses",
    "sqlalchemy",
    "pydantic",
)


def is_form(path: str) -> bool:
    """Tell whether subscribing an outside name makes a type expression, as `list[...]` does."""
    home, _, last = path.rpartition(".")
    return last in _FORMS and (not home or home.partition(".")[0] in _HOMES)


def objects(inference: Inference, expr: ast.expr, scope: Scope) -> Inners:
    """Return what a value annotated so may be."""
    match expr:
        case ast.Constant(value=str(text)):
            inner = _parsed(expr, text)
            return inference.annotated(inner, scope) if inner is not None else ()
        case ast.Constant():
            return ()
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return union(inference.annotated(left, scope), inference.annotated(right, scope))
        case ast.Subscript():
            return _subscript(inference, expr, scope)
        case ast.Name() | ast.Attribute():
            return _named(inference, expr, scope)
        case _:
            return ()


def _parsed(node: ast.Constant, text: str) -> ast.expr | None:
    """Parse a string annotation; its parts stand where the string stands."""
    try:
        inner = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for part in ast.walk(inner):
        ast.copy_location(part, node)
    return inner


def _named(inference: Inference, expr: ast.expr, scope: Scope) -> Inners:
    found: list[Inner] = []
    for value in inference.values(expr, scope):
        match value:
            case Type(cls):
                found.append(Object(cls))
            case Outside(path):
                found.extend(_outside(path, scope))
            case Form(inner, there):
                found.extend(inference.annotated(inner, there))
            case OutsideObject("typing.TypeVar" | "typing.NewType", call) if call is not None:
                found.extend(inference.annotated(_stands_for(call), scope.top()))
            case _:
                continue
    return union(found)


def _outside(path: str, scope: Scope) -> Inners:
    if path in _NOTHING:
        return ()
    if path == "typing.Self":
        return _owner(scope)
    last = path.rpartition(".")[2]
    if is_form(path) and last in _MANY:
        return (Many(last.lower(), ()),)
    if is_form(path) and last in _DICTS:
        return (Many("dict", ()),)
    return () if is_form(path) and path != "tuple" else (OutsideObject(path),)


def _owner(scope: Scope) -> Inners:
    here: Scope | None = scope
    while here is not None:
        if here.cls is not None:
            return (Object(here.cls),)
        here = here.parent
    return ()


def _stands_for(call: ast.Call) -> ast.expr | None:
    """Return the bound of a TypeVar, or what a NewType is made of."""
    for keyword in call.keywords:
        if keyword.arg == "bound":
            return keyword.value
    is_new_type = len(call.args) == 2  # noqa: PLR2004 - NewType("Name", of)
    return call.args[1] if is_new_type else None


def _subscript(inference: Inference, expr: ast.Subscript, scope: Scope) -> Inners:
    heads = inference.values(expr.value, scope)
    inside = list(expr.slice.elts) if isinstance(expr.slice, ast.Tuple) else [expr.slice]
    found: list[Inner] = []
    for head in heads:
        match head:
            case Outside(path) if is_form(path):
                found.extend(_generic(inference, path.rpartition(".")[2], inside, scope))
            case Outside(path):
                found.append(OutsideObject(path))
            case Type(cls):
                found.append(Object(cls))
            case _:
                continue
    return union(found)


def _generic(  # noqa: PLR0911 - one a family of generics
    inference: Inference, name: str, inside: list[ast.expr], scope: Scope
) -> Inners:
    def each(index: int) -> Inners:
        return inference.annotated(inside[index], scope) if -len(inside) <= index < len(inside) else ()

    if name in _SAME:
        return each(0)
    if name == "Union":
        return union(*(each(index) for index in range(len(inside))))
    if name in _MANY:
        return (Many("list" if name == "List" else name.lower(), each(0)),)
    if name in _DICTS:
        return (Many("dict", each(1)),)
    if name in {"tuple", "Tuple"}:
        return _tuple(inside, each(0)) or (Row(tuple(each(index) for index in range(len(inside)))),)
    if name in _PENDING:
        return (Pending(each(-1)),)
    if name in _MANAGERS:
        return (Manager(each(0)),)
    if name in _TYPES:
        return union(*(_class_of(value) for value in each(0)))
    return ()


def _tuple(inside: list[ast.expr], first: Inners) -> Inners:
    """Return `tuple[X, ...]`."""
    last = inside[-1] if inside else None
    return (Many("tuple", first),) if isinstance(last, ast.Constant) and last.value is ... else ()


def _class_of(value: Inner) -> Inners:
    match value:
        case Object(cls):
            return (Type(cls),)
        case OutsideObject(path):
            return (Outside(path),)
        case _:
            return ()
