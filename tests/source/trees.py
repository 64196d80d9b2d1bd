"""Small projects, written to disk and read; and what their calls reach, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from fastdiag.source.model import (
    Object,
    Outside,
    OutsideObject,
    Package,
    Partial,
    Routine,
    Target,
    Type,
    Value,
)
from fastdiag.source.project import Project, read_project

RETURNS = {
    "sqlalchemy.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.orm.sessionmaker.__call__": "sqlalchemy.orm.Session",
    "sqlalchemy.Engine.connect": "sqlalchemy.Connection",
    "requests.get": "requests.Response",
    "pathlib.Path.parent": "pathlib.Path",
    "pymongo.MongoClient.__getitem__": "pymongo.database.Database",
    "shop.orders": "list[shop.Order]",
}
ALIASES = {"sqlalchemy.orm.session": "sqlalchemy.orm", "sqlmodel.Session": "sqlalchemy.orm.Session"}


IMPORTS = """
import asyncio
import functools
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Generic, Optional, Protocol, TypeVar

import httpx
import requests
from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

"""
"""Of every small module that `last_call` reads."""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def read(folder: Path, files: Mapping[str, str]) -> Project:
    return read_project(written(folder, files), aliases=ALIASES, returns=RETURNS)


def last_call(folder: Path, body: str) -> list[str]:
    """Return what the last call of `f` reaches in a module with this body."""
    return last(read(folder, {"m.py": IMPORTS + dedent(body)}), "m.f")


def reached(project: Project, function: str) -> list[str]:
    """Return what the calls of a function reach, in order; `?` marks a guess."""
    found = project.functions[function]
    return [word(target) for call in found.calls for target in project.targets(call)]


def last(project: Project, function: str) -> list[str]:
    """Return what the last call of a function reaches."""
    found = project.functions[function]
    return [word(target) for target in project.targets(found.calls[-1])]


def word(target: Target) -> str:
    return spelled(target.value) + ("" if target.sure else "?")


def spelled(value: Value) -> str:  # noqa: PLR0911 - one a kind of value
    match value:
        case Outside(path):
            return path
        case OutsideObject(path):
            return f"<{path}>"
        case Routine(function):
            return function.qualname
        case Type(cls):
            return cls.qualname
        case Object(cls):
            return f"<{cls.qualname}>"
        case Package(module):
            return module.name
        case Partial(of):
            return f"partial {spelled(of)}"
