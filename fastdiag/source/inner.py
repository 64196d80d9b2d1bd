"""What inference knows beyond what it tells: containers, coroutines, context managers, type expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.source.model import (
    Class,
    Object,
    Outside,
    OutsideObject,
    Package,
    Partial,
    Routine,
    Type,
    Value,
)
from fastdiag.source.scopes import Scope

MAX_WIDTH: Final = 12
"""Values that one expression is allowed to have: with more of them nothing is said any more."""


@dataclass(frozen=True, slots=True)
class Many:
    """A container or an iterator; ``of`` is what iterating gives, or the values of a dict."""

    kind: str
    of: Inners


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple whose parts are known one by one."""

    parts: tuple[Inners, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A coroutine or a future: what awaiting it gives."""

    of: Inners


@dataclass(frozen=True, slots=True)
class Manager:
    """A context manager: what entering it gives."""

    of: Inners


@dataclass(frozen=True, slots=True)
class Maker:
    """`contextmanager(f)`: calling it gives a manager of what f yields."""

    of: Value


@dataclass(frozen=True, slots=True)
class Form:
    """A type expression, `Annotated[X, ...]` or `X | None`, that stands where an expression does."""

    expr: ast.expr
    scope: Scope


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` in a method of ``cls``, called for an object of ``receiver``."""

    cls: Class


Inner = Value | Many | Row | Pending | Manager | Maker | Form | Super
Inners = tuple[Inner, ...]


def union(*each: Iterable[Inner]) -> Inners:
    """Put alternatives together, each once; too many of them are as good as none."""
    together = tuple(dict.fromkeys(value for values in each for value in values))
    return together if len(together) <= MAX_WIDTH else ()


def elements(values: Inners) -> Inners:
    """Return what iterating over any of the values gives."""
    found: list[Inner] = []
    for value in values:
        match value:
            case Many(kind="dict"):
                continue  # its keys
            case Many():
                found.extend(value.of)
            case Row():
                found.extend(inner for part in value.parts for inner in part)
            case _:
                continue
    return union(found)


def item(values: Inners, index: int) -> Inners:
    """Return the part of a tuple, or an element where the parts are not told apart."""
    found: list[Inner] = []
    for value in values:
        if isinstance(value, Row) and -len(value.parts) <= index < len(value.parts):
            found.extend(value.parts[index])
        elif isinstance(value, Many):
            found.extend(elements((value,)))
    return union(found)


def objects_of(values: Inners) -> Inners:
    """Return an object of each class among the values; `(A, B)` stands for either."""
    found: list[Inner] = []
    for value in values:
        match value:
            case Type(cls):
                found.append(Object(cls))
            case Outside(path):
                found.append(OutsideObject(path))
            case Row(parts):
                found.extend(inner for part in parts for inner in objects_of(part))
            case _:
                continue
    return union(found)


def awaited(values: Inners) -> Inners:
    """Return what awaiting gives; what is not known to be a coroutine is taken for its own result."""
    return union(*(value.of if isinstance(value, Pending) else (value,) for value in values))


def told(values: Inners) -> tuple[Value, ...]:
    """Return what of the values the outside is told: containers by their type, the rest as it is."""
    found: list[Value] = []
    for value in values:
        match value:
            case Many(kind=kind):
                found.append(OutsideObject(kind))
            case Row():
                found.append(OutsideObject("tuple"))
            case Maker(of=of):
                found.append(Partial(of))
            case Pending() | Manager() | Form() | Super():
                continue
            case Outside() | OutsideObject() | Routine() | Type() | Object() | Package() | Partial():
                found.append(value)
    return tuple(dict.fromkeys(found))
