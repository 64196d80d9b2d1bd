"""The engines, pools and connections to databases that a project makes, and what it gives them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from fastdiag.audit.arguments import Arguments, arguments_of, entries_of
from fastdiag.audit.bodies import parents_in
from fastdiag.audit.branches import Arm, arms
from fastdiag.audit.spot import path_of, scope_of
from fastdiag.source.model import Call, Module, Outside
from fastdiag.source.project import Project

SQLALCHEMY: Final = (
    "sqlalchemy.create_engine",
    "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlmodel.create_engine",
)
_ALEMBIC: Final = re.compile(r"\s*from alembic import (\w+, *)*context\b")
_POOLLESS: Final = ("NullPool", "StaticPool", "SingletonThreadPool")
"""Pools without a size to choose."""
_WITHOUT_SERVER: Final = ("sqlite", "duckdb")
"""Dialects of databases in files: what is said of servers' connections does not hold for them."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One `create_engine(...)`; ``url`` is the constant it begins with, empty where it is not known."""

    project: Project
    call: Call

    @property
    def path(self) -> str:
        """The dotted name of what makes it."""
        return path_of(self.project, self.call)

    @cached_property
    def arguments(self) -> Arguments:
        """What it is given."""
        return arguments_of(self.call)

    @cached_property
    def url(self) -> str:
        """The address as far as it is a constant."""
        node = self.arguments.get("url", 0)
        return "" if node is None else _text_of(self.project, node, self.call)

    @property
    def has_server(self) -> bool:
        """Whether a server may be at the other end: neither its address nor an `if` tells of a file."""
        if self.url.startswith(_WITHOUT_SERVER):
            return False
        asked = (arm.fork.test for arm in self._arms if arm.name == "body" and isinstance(arm.fork, ast.If))
        return not any(_names_a_file(test) for test in asked)

    @property
    def _arms(self) -> Iterator[Arm]:
        return arms(self.call.node, parents_in(self.call.within)) if self.call.within else iter(())

    @property
    def is_pooled(self) -> bool:
        """Whether it may keep connections in a pool of a size."""
        node = self.arguments.get("poolclass")
        if node is None:
            return True
        values = self.project.value(node, scope_of(self.call))
        return not any(isinstance(one, Outside) and one.path.endswith(_POOLLESS) for one in values)

    @cached_property
    def connect_args(self) -> Arguments:
        """What it passes on to the driver; open where that cannot be read."""
        node = self.arguments.get("connect_args")
        if node is None:
            return Arguments(named={}, ordered=(), is_open=self.arguments.is_open)
        return entries_of(node, self.call)


def engines(project: Project) -> Iterator[Engine]:
    """Yield SQLAlchemy's engines, those of a database in a file left out."""
    for call in project.calls_to(*SQLALCHEMY):
        engine = Engine(project=project, call=call)
        if engine.has_server and not is_migration(call.module):
            yield engine


def is_migration(module: Module) -> bool:
    """Return whether a module is Alembic's env.py: its engine lives as long as one command."""
    return any(_ALEMBIC.match(line) for line in module.lines)


def _names_a_file(test: ast.expr) -> bool:
    """Return whether a condition asks for a database in a file: `backend == "sqlite"`."""
    if any(isinstance(node, (ast.Not, ast.NotEq, ast.NotIn)) for node in ast.walk(test)):
        return False
    texts = (node.value for node in ast.walk(test) if isinstance(node, ast.Constant))
    return any(isinstance(text, str) and text.startswith(_WITHOUT_SERVER) for text in texts)


def _text_of(project: Project, node: ast.expr, call: Call) -> str:
    """Return the constant that a text begins with: `sqlite:///` of an f-string, too."""
    while isinstance(node, ast.BinOp):
        node = node.left
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        return str(node.values[0].value)
    value = project.constant(node, scope_of(call))
    return value if isinstance(value, str) else ""
