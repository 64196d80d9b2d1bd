"""What a call is given: by position, by name, and through `**options` where the dictionary can be read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.source.model import Call

MAX_DEPTH: Final = 30
"""Dictionaries inside of each other that are followed; deeper ones may hold anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The arguments of one call, or the entries of a dictionary.

    named    by name; where branches give different ones, the last
    ordered  by position, those before the first `*values`
    is_open  more may come from `*values` or `**options` that cannot be read here
    """

    named: Mapping[str, ast.expr]
    ordered: Sequence[ast.expr]
    is_open: bool

    def get(self, name: str, position: int | None = None) -> ast.expr | None:
        """Return an argument, or None where it is not seen."""
        if name in self.named or position is None:
            return self.named.get(name)
        return self.ordered[position] if position < len(self.ordered) else None

    def lacks(self, name: str, position: int | None = None) -> bool:
        """Return whether the argument is surely not given."""
        return not self.is_open and self.get(name, position) is None


def arguments_of(call: Call, node: ast.Call | None = None) -> Arguments:
    """Return what ``call`` is given, or ``node``: a call beside it in the same function."""
    reader = _Reader(call)
    ordered, complete = reader.call(node or call.node)
    return Arguments(named=reader.named, ordered=ordered, is_open=not complete)


def entries_of(node: ast.expr, call: Call) -> Arguments:
    """Return the entries of a dictionary given to ``call``: a display, `dict(...)` or a local name."""
    reader = _Reader(call)
    complete = reader.add(node)
    return Arguments(named=reader.named, ordered=(), is_open=not complete)


class _Reader:
    """Gathers names and values around one call; each name is followed once, so that circles end."""

    __slots__ = ("around", "depth", "named", "seen")

    def __init__(self, around: Call) -> None:
        self.around = around
        self.named: dict[str, ast.expr] = {}
        self.seen: set[str] = set()
        self.depth = 0

    def call(self, node: ast.Call) -> tuple[Sequence[ast.expr], bool]:
        """Gather the arguments of a call; return those by position, and whether these are all."""
        complete = True
        for keyword in node.keywords:
            if keyword.arg is not None:
                self.named[keyword.arg] = keyword.value
            else:
                complete = self.add(keyword.value) and complete
        stars = (at for at, one in enumerate(node.args) if isinstance(one, ast.Starred))
        end = next(stars, len(node.args))
        return node.args[:end], complete and end == len(node.args)

    def add(self, node: ast.expr) -> bool:
        """Gather the entries of a dictionary; return whether these are all of them."""
        if self.depth >= MAX_DEPTH:
            return False
        self.depth += 1
        try:
            return self._add(node)
        finally:
            self.depth -= 1

    def _add(self, node: ast.expr) -> bool:
        match node:
            case ast.Dict(keys=keys, values=values):
                return _all(self._entry(key, value) for key, value in zip(keys, values, strict=True))
            case ast.Call(func=ast.Name(id="dict")):
                ordered, complete = self.call(node)
                return _all(map(self.add, ordered)) and complete
            case ast.Name(id=name):
                return self._name(name)
            case _:
                parts = _parts(node)
                return bool(parts) and _all(map(self.add, parts))

    def _entry(self, key: ast.expr | None, value: ast.expr) -> bool:
        if key is None:
            return self.add(value)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.named[key.value] = value
            return True
        return False

    def _name(self, name: str) -> bool:
        """Gather what fills a dictionary in the function of the call, or else at import time."""
        if name in self.seen:
            return True
        self.seen.add(name)
        body = self._home_of(name)
        fills = [] if body is None else list(_fills(name, body))
        return bool(fills) and _all(map(self.add, fills))

    def _home_of(self, name: str) -> Sequence[ast.stmt] | None:
        """Return the statements that make a name; None for a parameter: what it holds is the caller's."""
        function = self.around.within
        while function is not None:
            node = function.node
            arguments = node.args
            known = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            rest = (arguments.vararg, arguments.kwarg)
            if any(one is not None and one.arg == name for one in (*known, *rest)):
                return None
            if not isinstance(node, ast.Lambda) and any(_makes(name, one) for one in node.body):
                return node.body
            function = function.parent
        return self.around.module.tree.body


def _all(steps: Iterable[bool]) -> bool:
    """Return whether every step succeeded, having taken all of them: each gathers what it can."""
    return all(list(steps))


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    """Return the dictionaries of which an expression gives one, or both: `options or {}`, `a | b`."""
    match node:
        case ast.BoolOp(values=values):
            return values
        case ast.IfExp(body=body, orelse=orelse):
            return (body, orelse)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return (left, right)
        case _:
            return ()


def _makes(name: str, statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(statement)
    )


def _fills(name: str, body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    for statement in body:
        for node in ast.walk(statement):
            yield from _fill(name, node)


def _fill(name: str, node: ast.AST) -> Iterator[ast.expr]:
    """Yield the dictionaries that a node gives to ``name``, at once or entry by entry."""
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            yield value
        case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
            yield value
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=target), slice=key)], value=value) if (
            target == name
        ):
            yield ast.Dict(keys=[key], values=[value])
        case ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="update")) if target == name:
            yield from node.args
            yield from (ast.Dict(keys=[_key(one)], values=[one.value]) for one in node.keywords)
        case _:
            return


def _key(keyword: ast.keyword) -> ast.expr | None:
    return ast.Constant(keyword.arg) if keyword.arg else None
