"""Metric labels without bound: the raw path of a request, or who sent it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.bodies import own_nodes
from fastdiag.audit.ground import Ground
from fastdiag.audit.naming import dotted, shown
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Call, Function
from fastdiag.source.project import Project

UNBOUNDED: Final = "unbounded-metric-label"
IDS: Final = (UNBOUNDED,)

PROMETHEUS: Final = ("prometheus_client.*.labels", "aioprometheus.*.labels")
OTEL: Final = ("opentelemetry.metrics.*.add", "opentelemetry.metrics.*.record")
_IDENTIFIERS: Final = frozenset({
    "user_id", "userid", "email", "user_email", "username", "request_id", "session_id", "trace_id",
    "correlation_id", "client_ip", "ip", "ip_address", "order_id", "token", "url", "full_path",
    "raw_path",
})  # fmt: skip
"""Names of labels that promise one time series for each user, request or object."""
_STEPS: Final = 8
"""Assignments that are followed back from a label to what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    name: str
    value: ast.expr


def check(ground: Ground) -> Iterator[Finding]:
    """Yield every label that takes its value from a raw path, or names a user, a request or an object."""
    for call, sure in _labelling(ground.project):
        if call.within is None:
            continue
        for label in _labels(call, call.within):
            finding = _judge(ground, call, label, sure=sure)
            if finding:
                yield finding


def _labelling(project: Project) -> Iterator[tuple[Call, bool]]:
    """Yield the calls that give labels, and whether it is certain that a metric gets them."""
    known: set[ast.Call] = set()
    for call in project.calls_to(*PROMETHEUS, *OTEL):
        known.add(call.node)
        yield call, True
    for call in project.calls:
        if call.node not in known and _looks_like_labelling(call.node) and not project.targets(call):
            yield call, False


def _looks_like_labelling(node: ast.Call) -> bool:
    """Tell whether a call looks like `x.labels(...)`, or like OpenTelemetry's `x.add(1, {...})`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="labels")):
            return True
        case ast.Call(func=ast.Attribute(attr="add" | "record"), args=[_, ast.Dict() | ast.Name()]):
            return True
        case ast.Call(func=ast.Attribute(attr="add" | "record"), keywords=keywords):
            return any(keyword.arg == "attributes" for keyword in keywords)
        case _:
            return False


def _labels(call: Call, within: Function) -> Iterator[_Label]:
    """Yield the labels that a call gives: by name, by position, or in a dictionary."""
    for value in call.node.args:
        found = _assigned(value, within) if isinstance(value, ast.Name) else value
        if isinstance(found, ast.Dict):
            yield from _entries(found)
        elif not isinstance(value, ast.Constant):
            yield _Label(name="", value=value)
    for keyword in call.node.keywords:
        if keyword.arg in {None, "attributes"}:
            given = keyword.value
            found = _assigned(given, within) if isinstance(given, ast.Name) else given
            yield from _entries(found) if isinstance(found, ast.Dict) else ()
        elif keyword.arg is not None:
            yield _Label(name=keyword.arg, value=keyword.value)


def _entries(given: ast.Dict) -> Iterator[_Label]:
    for key, value in zip(given.keys, given.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield _Label(name=key.value, value=value)


def _judge(ground: Ground, call: Call, label: _Label, *, sure: bool) -> Finding | None:
    within = call.within
    if within is None:
        return None
    if _is_raw_path(label.value, within):
        said = (
            f"{shown(label.value)} as a label: every address that anybody requests begins a new time series"
        )
        return _finding(ground, call, said, kind="raw-path", sure=sure)
    name = label.name or (dotted(label.value) or ("",))[-1]
    if name.lower() in _IDENTIFIERS and not isinstance(label.value, ast.Constant):
        said = f"the label {name} begins a new time series for each value that it takes"
        return _finding(ground, call, said, kind="identifier", sure=False)
    return None


def _finding(ground: Ground, call: Call, said: str, *, kind: str, sure: bool) -> Finding:
    chain = ground.reach.chain_to(call.within) if call.within else None
    return Finding(
        check=UNBOUNDED,
        place=call.place,
        message=said,
        confidence=Confidence.CERTAIN if sure else Confidence.LIKELY,
        severity=ground.checks[UNBOUNDED].severity,
        chain=chain or (),
        kind=kind,
    )


def _is_raw_path(value: ast.expr, within: Function, steps: int = _STEPS) -> bool:
    """Tell whether an expression is a path as requested; what a function made of it may be a template."""
    if not steps:
        return False
    match value:
        case ast.Name():
            made_of = [_assigned(value, within)]
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            made_of = [inner]
        case ast.JoinedStr(values=parts):
            made_of = [part.value for part in parts if isinstance(part, ast.FormattedValue)]
        case _:
            return _is_path_of_request(value)
    return any(_is_raw_path(one, within, steps - 1) for one in made_of if one is not None)


def _is_path_of_request(value: ast.expr) -> bool:
    match value:
        case ast.Attribute(attr="path" | "raw_path", value=ast.Attribute(attr="url")):
            return True
        case ast.Attribute(attr="url", value=base):
            return dotted(base)[-1:] in {("request",), ("req",)}
        case ast.Subscript(value=base, slice=ast.Constant(value="path" | "raw_path")):
            return _is_scope(base)
        case ast.Call(func=ast.Attribute(attr="get", value=base), args=[ast.Constant(value="path"), *_]):
            return _is_scope(base)
        case _:
            return False


def _is_scope(base: ast.expr) -> bool:
    return dotted(base)[-1:] == ("scope",)


def _assigned(name: ast.Name, within: Function) -> ast.expr | None:
    """Return what a local name is assigned, where it is assigned once."""
    found: list[ast.expr] = []
    for node in own_nodes(within):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name.id:
                found.append(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name.id:
                found.append(value)
            case _:
                pass
    return found[0] if len(found) == 1 else None
