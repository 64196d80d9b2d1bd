"""Metrics middleware that is told, or left, to count every address by itself instead of by its route."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.effects import outside
from fastdiag.audit.ground import Ground
from fastdiag.audit.labels import UNBOUNDED
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Call

_ADDING: Final = (
    "fastapi.FastAPI.add_middleware",
    "starlette.applications.Starlette.add_middleware",
    "starlette.middleware.Middleware",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """An option that puts paths together under their route, and whether it is on without being given."""

    name: str
    is_on: bool


_OPTIONS: Final = {
    "starlette_exporter.PrometheusMiddleware": _Option(name="group_paths", is_on=True),
    "prometheus_fastapi_instrumentator.Instrumentator": _Option(name="should_group_untemplated", is_on=True),
    "starlette_prometheus.PrometheusMiddleware": _Option(name="filter_unhandled_paths", is_on=False),
}
"""Defaults of starlette_exporter 0.24 and prometheus-fastapi-instrumentator 8.1, and those in the README of
starlette-prometheus."""


def check(ground: Ground) -> Iterator[Finding]:
    """Yield middleware whose option is off: `add_middleware(PrometheusMiddleware, group_paths=False)`."""
    for path, option in _OPTIONS.items():
        for call in _set_up(ground, path):
            given = ground.project.argument(call, option.name)
            if _is_off(given, option) and not (given is None and ground.project.is_open(call)):
                yield _finding(ground, call, path, option)


def _set_up(ground: Ground, path: str) -> Iterator[Call]:
    """Yield the calls that make the middleware, or hand it over with its options."""
    yield from ground.project.calls_to(path)
    for call in ground.project.calls_to(*_ADDING):
        first = call.node.args[0] if call.node.args else None
        values = ground.project.value(first, call.within or call.module) if first is not None else ()
        if any(outside(value) == path for value in values):
            yield call


def _is_off(given: ast.expr | None, option: _Option) -> bool:
    if given is None:
        return not option.is_on
    return isinstance(given, ast.Constant) and given.value is False


def _finding(ground: Ground, call: Call, path: str, option: _Option) -> Finding:
    package = path.partition(".")[0]
    return Finding(
        check=UNBOUNDED,
        place=call.place,
        message=f"{package} without {option.name}: an address that no route matches begins a new time series",
        confidence=Confidence.CERTAIN,
        severity=ground.checks[UNBOUNDED].severity,
        fix=f"Set {option.name}=True.",
        kind="raw-path",
    )
