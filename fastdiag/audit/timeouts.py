"""Calls to other services without a time limit, or with one that is far longer than any user waits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from fastdiag.audit.arguments import arguments_of
from fastdiag.audit.ground import Ground
from fastdiag.audit.limits import is_bounded
from fastdiag.audit.naming import shown
from fastdiag.audit.spot import at_call, path_of, scope_of
from fastdiag.audit.waiters import ENDLESS, HTTPX, LONG, SlowClient, Waiter
from fastdiag.model.audit import Confidence, Finding, Severity
from fastdiag.source.model import Call, OutsideObject, Partial
from fastdiag.source.project import Project

MISSING: Final = "missing-timeout"
LONG_DEFAULT: Final = "long-timeout"
_LIMITED_SESSION: Final = re.compile(r"\.request\s*=\s*(functools\.)?partial\(.*timeout")
_CONFIGS: Final = ("botocore.config.Config", "botocore.client.Config", "aiobotocore.config.AioConfig")


def check(ground: Ground) -> Iterator[Finding]:
    """Yield the calls that wait without an end, and the clients that wait for minutes."""
    by_socket = any(ground.project.calls_to("socket.setdefaulttimeout"))
    by_adapter = _has_limiting_adapter(ground.project)
    for waiter in ENDLESS:
        if not (waiter.by_socket and by_socket) and not (waiter.by_adapter and by_adapter):
            yield from _endless(ground, waiter)
    yield from _httpx(ground)
    yield from _aiohttp(ground)
    for client in LONG:
        yield from _long(ground, client)


def _has_limiting_adapter(project: Project) -> bool:
    """Return whether an adapter of requests, or a `partial`, gives the project's sessions a limit."""
    if any(_LIMITED_SESSION.search(line) for module in project.modules.values() for line in module.lines):
        return True
    adapters = project.classes_below("requests.adapters.HTTPAdapter", "requests.sessions.HTTPAdapter")
    methods = (one.methods["send"] for one in adapters if "send" in one.methods)
    return any("timeout" in ast.unparse(method.node) for method in methods)


def _endless(ground: Ground, waiter: Waiter) -> Iterator[Finding]:
    for call in ground.project.calls_to(*waiter.paths):
        arguments = arguments_of(call)
        given = arguments.get(waiter.argument, waiter.position)
        path = path_of(ground.project, call)
        fix = f"Give it {waiter.example}."
        if _is_prepared(ground, call):
            continue
        if given is None and not arguments.is_open and not _by_client(ground, waiter, call):
            message = (
                f"{path} has no time limit: it waits until the other side answers, however long that takes"
            )
            yield at_call(ground, MISSING, call, message, sink=path, fix=fix)
        elif given is not None and _is_none(ground, given, call):
            message = f"{path} is told to wait for ever: {waiter.argument}={_as_none(given)}"
            yield at_call(ground, MISSING, call, message, sink=path, fix=fix, confidence=_sureness(given))


def _is_prepared(ground: Ground, call: Call) -> bool:
    """Return whether a name for `partial(requests.get, ...)` is called, which may have given the limit."""
    if isinstance(call.node.func, ast.Attribute):
        return False
    return any(isinstance(one, Partial) for one in ground.project.value(call.node.func, scope_of(call)))


def _by_client(ground: Ground, waiter: Waiter, call: Call) -> bool:
    """Return whether the object's maker gives the limit, or may."""
    if not waiter.by_client or not isinstance(call.node.func, ast.Attribute):
        return False
    values = ground.project.value(call.node.func.value, scope_of(call))
    makers = [value.call for value in values if isinstance(value, OutsideObject)]
    return any(maker is None or not arguments_of(call, maker).lacks(waiter.argument) for maker in makers)


def _is_none(ground: Ground, node: ast.expr, call: Call) -> bool:
    return ground.project.constant(node, scope_of(call)) is None


def _as_none(node: ast.expr) -> str:
    return (
        shown(node) if isinstance(node, ast.Constant) else f"{shown(node)}, which is None as the code has it"
    )


def _sureness(node: ast.expr) -> Confidence:
    """Return how sure a None is: what a setting holds by default, the environment may change."""
    return Confidence.CERTAIN if isinstance(node, ast.Constant) else Confidence.LIKELY


def _httpx(ground: Ground) -> Iterator[Finding]:
    for call in ground.project.calls_to(*HTTPX):
        given = arguments_of(call).get("timeout")
        if given is None or is_bounded(call):
            continue
        path, severity = path_of(ground.project, call), None
        if _is_none(ground, given, call):
            message = f"{path} is told to wait for ever: timeout={_as_none(given)}; httpx's default is 5 s"
        elif _never_ends_reading(ground, given, call):
            message = f"{path} waits for an answer for ever: its httpx.Timeout has no limit for reading"
            severity = Severity.WARNING  # it is said on purpose, and right for streams that send heartbeats
        else:
            continue
        fix = (
            "Leave the default, or give timeout=httpx.Timeout(10, connect=3); a stream may have a long read."
        )
        finding = at_call(ground, MISSING, call, message, sink=path, fix=fix, confidence=_sureness(given))
        is_weaker = severity is not None and finding.severity is Severity.CRITICAL
        yield replace(finding, severity=severity) if severity and is_weaker else finding


def _never_ends_reading(ground: Ground, node: ast.expr, call: Call) -> bool:
    """Return whether a value is `httpx.Timeout(None)` or `httpx.Timeout(..., read=None)`."""
    for value in ground.project.value(node, scope_of(call)):
        if isinstance(value, OutsideObject) and value.path == "httpx.Timeout" and value.call is not None:
            arguments = arguments_of(call, value.call)
            read = arguments.get("read") or arguments.get("timeout", 0)
            return read is not None and _is_none(ground, read, call)
    return False


def _aiohttp(ground: Ground) -> Iterator[Finding]:
    """Yield `aiohttp.ClientTimeout(...)` that limits neither the whole request nor a read."""
    for call in ground.project.calls_to("aiohttp.ClientTimeout"):
        arguments = arguments_of(call)
        limits = (arguments.get("total", 0), arguments.get("sock_read", 2))
        if arguments.is_open or any(one is not None and not _is_none(ground, one, call) for one in limits):
            continue
        message = "This aiohttp.ClientTimeout limits neither the whole request (total) nor a read (sock_read)"
        fix = "Give it total=10, or sock_read=10 where answers are streams."
        yield at_call(ground, MISSING, call, message, sink="aiohttp.ClientTimeout", fix=fix)


def _long(ground: Ground, client: SlowClient) -> Iterator[Finding]:
    for call in ground.project.calls_to(*client.paths):
        arguments = arguments_of(call)
        given = arguments.get(client.argument)
        is_left = arguments.lacks(client.argument) or (given is not None and _is_config(ground, given, call))
        if not is_left or _is_limited_later(ground, call, client):
            continue
        path = path_of(ground.project, call)
        message = f"{path} keeps the library's time limit: {client.limit}"
        yield at_call(
            ground,
            LONG_DEFAULT,
            call,
            message,
            sink=path,
            fix=f"Give it {client.example}.",
            confidence=Confidence.CERTAIN,
        )


def _is_config(ground: Ground, node: ast.expr, call: Call) -> bool:
    """Return whether a value is botocore's Config without a limit for reading."""
    for value in ground.project.value(node, scope_of(call)):
        if isinstance(value, OutsideObject) and value.call is not None and value.path.endswith(_CONFIGS):
            return arguments_of(call, value.call).lacks("read_timeout")
    return False


def _is_limited_later(ground: Ground, call: Call, client: SlowClient) -> bool:
    """Return whether requests that the same file makes with such a client have limits of their own."""
    later = ground.project.calls_to(*(f"{path}.*" for path in client.paths))
    return any(one.module is call.module and arguments_of(one).get("timeout") is not None for one in later)
