"""What functools.lru_cache keeps of a database or another service: for ever, and in one worker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from fastdiag.audit.effects import effects, outside
from fastdiag.audit.ground import Ground
from fastdiag.audit.state import STATE
from fastdiag.model.audit import Confidence, Finding, Step
from fastdiag.source.model import Function

CACHES: Final = ("functools.lru_cache", "functools.cache")
REMOTE: Final = frozenset({"sync-http", "sync-database", "embedded-database", "sync-cache"})
"""Kinds of sinks that read what others change."""


def check(ground: Ground) -> Iterator[Finding]:
    """Yield functions with parameters whose results are kept, and rest on what others change."""
    for function in ground.project.functions.values():
        if (
            ground.reach.on_request_path(function)
            and _is_kept(ground, function)
            and _takes_something(function)
        ):
            finding = _finding(ground, function)
            if finding:
                yield finding


def _is_kept(ground: Ground, function: Function) -> bool:
    decorators = [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list
    named = (one.func if isinstance(one, ast.Call) else one for one in decorators)
    values = (value for one in named for value in ground.project.value(one, function.module))
    return any(outside(value) in CACHES for value in values)


def _takes_something(function: Function) -> bool:
    """Tell whether it keeps many results; one that takes nothing is a lone object, made once."""
    arguments = function.node.args
    given = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return bool(given - {"self", "cls"})


def _finding(ground: Ground, function: Function) -> Finding | None:
    for effect in effects(ground.project, function):
        sink = ground.sinks.sink(effect.path)
        if sink is not None and sink.kind in REMOTE:
            return Finding(
                check=STATE,
                place=function.place,
                message=f"{function.name} keeps what {effect.path} gave until the worker ends: no change is"
                " seen, and each worker keeps another state",
                confidence=Confidence.LIKELY if effect.sure else Confidence.POSSIBLE,
                severity=ground.checks[STATE].severity,
                chain=(
                    *ground.reach.chain_to(function),
                    Step(text=effect.path, place=effect.call.place),
                ),
                sink=effect.path,
                kind="lru-cache",
            )
    return None
