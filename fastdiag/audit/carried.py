"""Which functions return all rows that a query without bound fetches, followed through names and callees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.effects import function_of
from fastdiag.audit.fetches import fetch_of
from fastdiag.audit.naming import words_of
from fastdiag.model.audit import CodePlace
from fastdiag.source.model import Call, Function, OutsideObject, Routine, Type
from fastdiag.source.project import Project

MAX_DEPTH: Final = 4
"""Functions between a route and its query."""
_KEEPING: Final = frozenset({"list", "tuple", "sorted", "set", "reversed", "jsonable_encoder"})
"""Functions that give back as many rows as they get."""
_SHAPING: Final = frozenset({
    "to", "serialize", "convert", "format", "build", "dump", "transform", "response", "public", "map",
    "render", "prepare",
})  # fmt: skip
"""Words of functions of the project that give rows another shape."""
_GROWING: Final = frozenset({"append", "extend", "add"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """All rows of a fetch on their way to the response; ``via`` are the calls that lead to it."""

    place: CodePlace
    function: Function
    is_filtered: bool
    via: tuple[tuple[Call, Function], ...] = ()
    sure: bool = True


@dataclass(slots=True)
class Carrying:
    """Tells of functions of a project whether they return all rows of a fetch; each is looked at once."""

    project: Project
    _known: dict[Function, Carried | None] = field(default_factory=dict)

    def returned(self, function: Function, depth: int = 0) -> Carried | None:
        """Return the fetch whose rows a function returns, or None."""
        if function not in self._known:
            self._known[function] = None  # while it is looked at: a recursion adds nothing
            with suppress(RecursionError):  # expressions as no person writes them
                self._known[function] = (
                    _Body(self, function, depth).returned() if depth <= MAX_DEPTH else None
                )
        return self._known[function]


@dataclass(slots=True)
class _Body:
    """One function, as its statements are read: which names hold all rows."""

    carrying: Carrying
    function: Function
    depth: int
    names: dict[str, Carried] = field(default_factory=dict)
    _calls: dict[ast.Call, Call] = field(init=False)

    def __post_init__(self) -> None:
        self._calls = {call.node: call for call in self.function.calls}

    def returned(self) -> Carried | None:
        found: Carried | None = None
        for node in own_nodes(self.function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._bind(name, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._bind(name, value)
                case ast.For(iter=rows) | ast.AsyncFor(iter=rows):
                    self._grow(node, rows)
                case ast.Return(value=ast.expr() as value):
                    found = found or self._carried(value)
                case _:
                    pass
        return found

    def _bind(self, name: str, value: ast.expr) -> None:
        carried = self._carried(value)
        if carried:
            self.names[name] = carried
        elif not _is_part(name, value):
            self.names.pop(name, None)

    def _grow(self, loop: ast.For | ast.AsyncFor, rows: ast.expr) -> None:
        """Follow rows into the list that a loop over them fills."""
        carried = self._carried(rows)
        if carried is None:
            return
        for node in ast.walk(loop):
            match node:
                case ast.Call(func=ast.Attribute(attr=method, value=ast.Name(id=name))) if method in _GROWING:
                    self.names.setdefault(name, carried)
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
                    if not isinstance(value, ast.BinOp):  # which counts rows, and keeps none
                        self.names.setdefault(name, carried)
                case _:
                    pass

    def _carried(self, node: ast.expr) -> Carried | None:
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Await(value=inner) | ast.Starred(value=inner):
                return self._carried(inner)
            case ast.Call(
                func=ast.Attribute(attr="values" | "items" | "copy", value=ast.Name(id=name)), args=[]
            ):
                return self.names.get(name)
            case ast.Call():
                return self._called(node)
            case ast.ListComp(generators=[only]) | ast.GeneratorExp(generators=[only]):
                return None if only.ifs else self._carried(only.iter)
            case _:
                return next(filter(None, map(self._carried, _parts(node))), None)

    def _called(self, node: ast.Call) -> Carried | None:
        call = self._calls.get(node)
        fetch = None if call and self._is_ours(call) else fetch_of(node, self.function)
        if fetch:
            place = CodePlace(self.function.module.file, node.lineno, node.col_offset + 1)
            return Carried(place=place, function=self.function, is_filtered=fetch.is_filtered)
        return (self._of_callee(call) if call else None) or self._of_arguments(node, call)

    def _is_ours(self, call: Call) -> bool:
        """Tell whether a call reaches a function of the project, which then says itself what it fetches."""
        targets = self.carrying.project.targets(call)
        return any(isinstance(target.value, Routine) for target in targets)

    def _of_callee(self, call: Call) -> Carried | None:
        targets = self.carrying.project.targets(call)
        for target in targets:
            callee = function_of(self.carrying.project, target.value)
            if callee is None or isinstance(target.value, Type):
                continue
            found = self.carrying.returned(callee, self.depth + 1)
            if found:
                return Carried(
                    place=found.place,
                    function=found.function,
                    is_filtered=found.is_filtered,
                    via=((call, callee), *found.via),
                    sure=found.sure and target.sure and len(targets) == 1,
                )
        return None

    def _of_arguments(self, node: ast.Call, call: Call | None) -> Carried | None:
        """Follow rows through a model that holds them, or a function that gives them another shape."""
        given = (*node.args, *(keyword.value for keyword in node.keywords))
        found = next(filter(None, map(self._carried, given)), None)
        return found if found and self._passes(node, call) else None

    def _passes(self, node: ast.Call, call: Call | None) -> bool:
        match node.func:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                words = words_of(name)
            case _:
                return False
        if name in _KEEPING or _SHAPING & set(words):
            return True
        values = [target.value for target in self.carrying.project.targets(call)] if call else []
        return any(isinstance(value, Type | OutsideObject) for value in values) or name[:1].isupper()


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case (
            ast.BoolOp(values=values)
            | ast.Dict(values=values)
            | ast.List(elts=values)
            | ast.Tuple(elts=values)
        ):
            yield from values
        case _:
            return


def _is_part(name: str, value: ast.expr) -> bool:
    """Tell whether a name is given something made of itself, as in `rows = rows or []`."""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))
