"""Which asynchronous routes are read by hand in full, to see what the audit misses.

They are found here by the look of their decorators alone, not by the audit: a route that the audit does not
know can be drawn as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from fastdiag.source.files import SourceFile, find
from fastdiag.source.parse import parse
from tests.audit.real.sample import turn

WANTED: Final = 30
OF_EACH: Final = 5
"""Of every application, as far as it has so many; the rest is drawn from all."""
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete", "websocket", "api_route"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An asynchronous route, by the line of its `async def`."""

    application: str
    path: str
    line: int
    function: str


def routes(application: str, tree: Path) -> list[Route]:
    """Return the asynchronous routes of an application, in the order of the draw."""
    found = (
        Route(application=application, path=file.name, line=node.lineno, function=node.name)
        for file in find(tree).files
        for node in _routes(file)
    )
    return sorted(found, key=lambda one: turn(one.application, one.path, one.function, str(one.line)))


def _routes(file: SourceFile) -> Iterator[ast.AsyncFunctionDef]:
    tree = parse(file)
    for node in ast.walk(tree) if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.AsyncFunctionDef) and any(map(_is_route, node.decorator_list)):
            yield node


def _is_route(decorator: ast.expr) -> bool:
    """Tell whether it looks like @router.get("/..."): a method of HTTP, and a path first or as `path=`."""
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return False
    first = [*decorator.args[:1], *(word.value for word in decorator.keywords if word.arg == "path")]
    is_path = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in first)
    return decorator.func.attr in METHODS and is_path


def draw_routes(of_each: Iterable[list[Route]]) -> list[Route]:
    """Return the routes to read."""
    applications = list(of_each)
    first = list(chain.from_iterable(one[:OF_EACH] for one in applications))
    others = sorted(
        chain.from_iterable(one[OF_EACH:] for one in applications),
        key=lambda one: turn(one.application, one.path, one.function, str(one.line)),
    )
    return sorted(
        [*first, *others[: WANTED - len(first)]], key=lambda one: (one.application, one.path, one.line)
    )
