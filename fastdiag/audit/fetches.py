"""Queries that fetch every row there is: recognised by how they are fetched and by what bounds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.source.model import Function, Module

_BOUNDS: Final = frozenset({
    "limit", "slice", "fetch", "paginate", "first", "one", "one_or_none", "get", "count", "group_by",
    "in_", "get_multi", "top", "page", "scalar", "scalar_one", "fetchmany", "max", "min", "sum", "avg",
    "sample", "insert", "update", "delete",
})  # fmt: skip
"""Parts of a query after which the number of rows does not grow with the table, or is not known to."""
_PAGING: Final = frozenset(
    {"limit", "page", "page_size", "per_page", "size", "offset", "cursor", "top", "top_k"}
)
"""Names in a query that show that somebody thought of pages."""
_QUERIES: Final = frozenset({
    "query", "select", "execute", "exec", "scalars", "mappings", "filter", "filter_by", "unique", "find",
    "find_all", "scan",
})  # fmt: skip
_FILTERS: Final = frozenset({"where", "filter", "filter_by"})
_SQL_BOUND: Final = re.compile(
    r"\b(limit|fetch\s+first|top\s+\d|group\s+by|pragma|returning|values)\b|\b(count|max|min|sum|in)\s*\(",
    re.IGNORECASE,
)
_SQL_LIMIT: Final = re.compile(r"\b(limit|fetch\s+first|top\s+\d)\b", re.IGNORECASE)
_SQL_BY_ID: Final = re.compile(r"\bgroup\s+by\s+(\w+\.)?(\w*_)?id\b", re.IGNORECASE)
"""A group for each row of a table sums up, and still grows with it."""
_SQL_SELECT: Final = re.compile(r"\bselect\b", re.IGNORECASE)
_SQL_FILTER: Final = re.compile(r"\bwhere\b", re.IGNORECASE)
_SPELT: Final = frozenset(
    {"query", "statement", "stmt", "sql", "q", "select", "queryset", "qs", "base_query"}
)
"""How parameters are called that bring a query along."""
MAX_NAMES: Final = 24
"""Names that are followed from a fetch back to where its query is written; more than that nobody reads."""


@dataclass(slots=True)
class _Query:
    """What a query in a function is made of, gathered from its expression and from the names in it."""

    function: Function
    methods: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)
    is_known: bool = True
    is_filtered: bool = False
    _assigned: dict[str, list[tuple[ast.expr, bool]]] = field(init=False)

    def __post_init__(self) -> None:
        self._assigned = _assignments(self.function)

    @property
    def is_unbounded(self) -> bool:
        """Whether it is known as a whole and nothing in it bounds the number of rows."""
        sql = " ".join(self.text)
        names = {name.lower() for name in self.names}
        is_query = bool(_QUERIES & self.methods or _SQL_SELECT.search(sql))
        bounds = _SQL_BOUND if not _SQL_BY_ID.search(sql) else _SQL_LIMIT
        is_bound = bool(_BOUNDS & self.methods or _PAGING & names or bounds.search(sql))
        return self.is_known and is_query and not is_bound

    def gather(self, node: ast.AST, *, always: bool = True) -> None:
        """Add what stands in an expression, and in what the names in it were assigned.

        ``always`` is False for what stands under an `if`: a condition that may be missing filters nothing.
        """
        for part in ast.walk(node):
            match part:
                case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                    self.methods.add(name)
                    self.is_filtered |= always and name in _FILTERS
                case ast.Attribute(attr="objects"):
                    self.methods.add("query")
                case ast.Constant(value=str() as text):
                    self.text.append(text)
                    self.is_filtered |= always and bool(_SQL_FILTER.search(text))
                case ast.Name(id=name, ctx=ast.Load()) if name not in self.names:
                    self.names.add(name)
                    self._follow(name, always=always)
                case _:
                    pass

    def _follow(self, name: str, *, always: bool) -> None:
        assigned = self._assigned.get(name) or list(_at_top(name, self.function.module))
        is_brought = not assigned and name in _SPELT and name in _parameters(self.function)
        if len(self.names) > MAX_NAMES or is_brought:
            self.is_known = False  # what the caller put into it may bound it
            return
        for value, is_always in assigned:
            self.gather(value, always=always and is_always)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One call that fetches all rows of a query; ``is_filtered`` when it has a condition."""

    node: ast.Call
    is_filtered: bool


def fetch_of(node: ast.Call, function: Function) -> Fetch | None:
    """Return what a call fetches when nothing bounds it, or None."""
    query = _query_of(node, function)
    if query is None:
        return None
    gathered = _Query(function)
    gathered.gather(query)
    if isinstance(query, ast.Name) and query.id[:1].isupper():
        gathered.methods.add("query")  # a model asks by itself: `User.all()`
    return Fetch(node=node, is_filtered=gathered.is_filtered) if gathered.is_unbounded else None


def _query_of(node: ast.Call, function: Function) -> ast.expr | None:
    """Return the query whose rows a call fetches all at once, or None for other calls."""
    found: ast.expr | None = None
    match node:
        case ast.Call(func=ast.Attribute(attr="all", value=query), args=[], keywords=[]):
            found = query
        case ast.Call(func=ast.Attribute(attr="fetchall", value=ast.Name(id=cursor)), args=[]):
            found = _executed(cursor, node, function)
        case ast.Call(func=ast.Attribute(attr="fetchall", value=query), args=[]):
            found = query
        case ast.Call(func=ast.Attribute(attr="fetch" | "fetch_all" | "execute_fetchall"), args=[query, *_]):
            found = query
        case ast.Call(func=ast.Attribute(attr="to_list", value=query)) if _is_without_length(node):
            found = query
        case _:
            pass
    return found


def _is_without_length(node: ast.Call) -> bool:
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return all(isinstance(value, ast.Constant) and value.value is None for value in given)


def _executed(cursor: str, fetched: ast.Call, function: Function) -> ast.expr | None:
    """Return the statement that a cursor executed last before it is fetched from."""
    found: ast.expr | None = None
    for node in own_nodes(function):
        match node:
            case ast.Call(func=ast.Attribute(attr="execute", value=ast.Name(id=name)), args=[sql, *_]):
                if name == cursor and node.lineno <= fetched.lineno:
                    found = sql
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == cursor:
                inner = value.value if isinstance(value, ast.Await) else value
                if node.lineno <= fetched.lineno and _is_execute(inner):
                    found = inner
            case _:
                pass
    return found


def _is_execute(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "execute"


def _assignments(function: Function) -> dict[str, list[tuple[ast.expr, bool]]]:
    """Return all that local names are assigned, and whether always: queries grow step by step.

    A step under an `if` may be left out; a query that begins under an `if` is taken to begin so everywhere.
    """
    nodes = list(own_nodes(function))
    under_if = {inner for node in nodes if isinstance(node, ast.If) for inner in ast.walk(node)}
    found: dict[str, list[tuple[ast.expr, bool]]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                names = _stored(targets)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.AugAssign(target=target, value=value)
            ):
                names = _stored([target])
            case _:
                continue
        for name in names:
            is_step = isinstance(node, ast.AugAssign) or _mentions(value, name)
            found.setdefault(name, []).append((value, not (is_step and node in under_if)))
    return found


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value))


def _at_top(name: str, module: Module) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what a name at the top of a module is assigned: statements are often constants."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value, True
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value, True
            case _:
                pass


def _stored(targets: Sequence[ast.expr]) -> Iterator[str]:
    for part in (part for target in targets for part in ast.walk(target)):
        if isinstance(part, ast.Name):
            yield part.id


def _parameters(function: Function) -> set[str]:
    arguments = function.node.args
    return {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
