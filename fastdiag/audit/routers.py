"""Applications and routers: which objects they are, and under which path each ends up."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from fastdiag.audit.dependencies import Chain, Dependencies
from fastdiag.source.model import Call, Class, Function, Module, Object, OutsideObject, Value
from fastdiag.source.project import Project

APPLICATIONS: Final = ("fastapi.FastAPI", "starlette.applications.Starlette")
ROUTERS: Final = (*APPLICATIONS, "fastapi.APIRouter", "starlette.routing.Router")
UNKNOWN_PATH: Final = "…"
"""Stands for a prefix that is computed at run time."""
_MAX_DEPTH: Final = 8
_INCLUDES: Final = frozenset({"include_router", "mount"})

Key = ast.Call | Class | str
"""What tells one router from another: the expression that made it, its class, or only what it is."""


@dataclass(slots=True)
class _Include:
    """One router in another."""

    parent: Key
    prefix: str
    dependencies: ast.expr | None
    within: Function | Module


@dataclass(slots=True)
class Mounted:
    """Where a router ends up: its whole prefix, and the dependencies that all its routes have."""

    prefix: str = ""
    chains: tuple[Chain, ...] = ()


@dataclass(slots=True)
class Routers:
    """The applications and routers of a project and how they include each other."""

    project: Project
    dependencies: Dependencies
    _subclasses: frozenset[Class] = field(init=False)
    _included: dict[Key, list[_Include]] = field(default_factory=dict, init=False)
    _made: dict[Key, Call] = field(default_factory=dict, init=False)
    _mounted: dict[Key, Mounted] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._subclasses = frozenset(self.project.classes_below(*ROUTERS))
        for call in self.project.calls_to(*ROUTERS):
            self._made[call.node] = call

    def key_of(self, expr: ast.expr, within: Function | Module) -> Key | None:
        """Return which router an expression is, or None when it is none."""
        return next(self._keys(self.project.value(expr, within)), None)

    def _keys(self, values: Iterable[Value]) -> Iterator[Key]:
        for value in values:
            match value:
                case OutsideObject(path=path, call=call) if path in ROUTERS:
                    yield call or path
                case Object(cls=cls) if cls in self._subclasses:
                    yield cls
                case _:
                    continue

    def note_include(self, call: Call) -> None:
        """Take in `parent.include_router(child, prefix=...)` or `parent.mount(path, child)`."""
        func = call.node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _INCLUDES:
            return
        within = call.within or call.module
        parent = self.key_of(func.value, within)
        is_mount = func.attr == "mount"
        child = self.project.argument(call.node, "app" if is_mount else "router", 1 if is_mount else 0)
        inner = self.key_of(child, within) if child is not None else None
        if parent is None or inner is None or parent == inner:
            return
        prefix = self.project.argument(call.node, "path" if is_mount else "prefix", 0 if is_mount else None)
        listed = None if is_mount else self.project.argument(call.node, "dependencies")
        include = _Include(parent, self.text(prefix, within), listed, within)
        self._included.setdefault(inner, []).append(include)

    def text(self, expr: ast.expr | None, within: Function | Module) -> str:
        """Return a constant text, or a sign that it is not known."""
        if expr is None:
            return ""
        value = self.project.constant(expr, within)
        return value if isinstance(value, str) else UNKNOWN_PATH

    def mounted(self, key: Key, depth: int = 0) -> Mounted:
        """Return where a router ends up; one that is included several times, at the first of these."""
        known = self._mounted.get(key)
        if known is None:
            self._mounted[key] = Mounted()  # a router in itself ends here
            known = self._mounted[key] = self._find(key, depth)
        return known

    def _find(self, key: Key, depth: int) -> Mounted:
        own = self._own(key)
        include = next(iter(self._included.get(key, ())), None)
        if include is None or depth >= _MAX_DEPTH:
            return own
        outer = self.mounted(include.parent, depth + 1)
        listed = tuple(self.dependencies.named_in(include.dependencies, include.within))
        return Mounted(
            joined(outer.prefix, include.prefix, own.prefix), (*outer.chains, *listed, *own.chains)
        )

    def _own(self, key: Key) -> Mounted:
        call = self._made.get(key)
        if call is None:
            return Mounted()
        within = call.within or call.module
        prefix = self.text(self.project.argument(call.node, "prefix"), within)
        listed = self.project.argument(call.node, "dependencies")
        return Mounted(prefix, tuple(self.dependencies.named_in(listed, within)))


def joined(*parts: str) -> str:
    """Return the path that prefixes and a route's own path make; mounting at / adds nothing."""
    path = "".join(part.rstrip("/") for part in parts[:-1]) + parts[-1]
    return path.replace("//", "/")
