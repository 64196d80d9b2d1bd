"""The arithmetic of time: who gives up first must be the one who can."""

from __future__ import annotations

from typing import Final

from fastdiag.engine.headroom_facts import Facts, Question
from fastdiag.model.headroom import Sum
from fastdiag.model.quantity import Unit, format_value

PATIENCE: Final = "very_slow"
"""The parameter beyond which people give up: what ends requests sooner ends some that still count."""

_COMMON: Final = "proxies commonly keep 60 s"
"""The default of nginx (keepalive_timeout of an upstream) and of AWS's application load balancer."""
_KEEPALIVE: Final = Question(
    id="keepalive-against-proxy",
    title="Keep-alive of the server, and of the proxy before it",
    why="A server that closes idle connections before its proxy does closes some just as the proxy sends a "
    "request on them: sporadic 502s and resets.",
)
_TIMEOUT: Final = Question(
    id="timeout-against-requests",
    title="Worker timeout, and how long a request may take",
    why="A worker that is silent for this long is killed with every request in it. Shorter than the slowest "
    "request that still counts, it kills good work; without one, a frozen worker is never replaced.",
)
_HEALTH_CHECK: Final = Question(
    id="timeout-against-health-check",
    title="Worker timeout, and when the health check gives up",
    why="gunicorn replaces the one frozen worker; a health check that gives up sooner has the whole instance "
    "restarted, healthy workers and all.",
)
_GRACE: Final = Question(
    id="grace-against-requests",
    title="Grace at shutdown, and the slowest requests",
    why="Requests that are still under way when the grace ends are cut off at every deploy and recycling.",
)
_TERMINATION: Final = Question(
    id="grace-against-termination",
    title="Grace at shutdown, and when the orchestrator kills",
    why="What the orchestrator kills can neither finish its requests nor return its database connections.",
)


def keepalive_against_proxy(facts: Facts) -> Sum:
    """Hold the server's keep-alive against the proxy's: the proxy must be the one who closes first."""
    own, proxy = facts.signal("server.keepalive"), facts.parameter("proxy_idle_timeout")
    server = f"server {_time(own)}" if isinstance(own, float) else ""
    if not isinstance(own, float) or not isinstance(proxy, float):
        return _KEEPALIVE.open(own, proxy, numbers=f"{server}; {_COMMON}" if server else "")
    fits = own > proxy
    late = "the server closes first: raise its keep-alive above the proxy's"
    because = "the proxy closes first" if fits else late
    return _KEEPALIVE.answer(fits=fits, numbers=f"{server}, proxy {_time(proxy)}", because=because)


def timeout_against_requests(facts: Facts) -> Sum:
    """Hold gunicorn's worker timeout against the requests it must not end."""
    timeout, patience = facts.signal("server.timeout"), facts.parameter(PATIENCE)
    if not isinstance(timeout, float) or not isinstance(patience, float):
        return _TIMEOUT.open(timeout, patience)
    if timeout == 0:
        because = "a frozen worker is never replaced: set --timeout"
        return _TIMEOUT.answer(fits=False, numbers="timeout 0, which is none", because=because)
    fits = timeout > patience
    short = "shorter than a request may take: raise --timeout"
    because = "longer than a request may take" if fits else short
    numbers = f"timeout {_time(timeout)}, requests up to {_time(patience)} (${PATIENCE})"
    return _TIMEOUT.answer(fits=fits, numbers=numbers, because=because)


def timeout_against_health_check(facts: Facts) -> Sum:
    """Hold gunicorn's worker timeout against the time after which a health check has it all restarted."""
    timeout, check = facts.signal("server.timeout"), facts.parameter("healthcheck_timeout")
    own = f"timeout {_time(timeout) if timeout else 'none'}" if isinstance(timeout, float) else ""
    if not isinstance(timeout, float) or not isinstance(check, float):
        return _HEALTH_CHECK.open(timeout, check, numbers=own)
    fits = 0 < timeout < check
    late = (
        "the instance is restarted first: lower --timeout, or let the check fail more often before it counts"
    )
    because = "the worker is replaced first" if fits else late
    numbers = f"{own}, health check gives up after {_time(check)}"
    return _HEALTH_CHECK.answer(fits=fits, numbers=numbers, because=because)


def grace_against_requests(facts: Facts) -> Sum:
    """Hold the grace at shutdown against the slowest requests, those that are seen and those that count."""
    grace, patience = facts.signal("server.graceful_timeout"), facts.parameter(PATIENCE)
    if not isinstance(grace, float) or not isinstance(patience, float):
        return _GRACE.open(grace, patience)
    seen = facts.signal("http.latency.p99")
    slower = seen if isinstance(seen, float) and seen > patience else None
    longest, whose = (slower, "p99 now") if slower else (patience, f"${PATIENCE}")
    fits = grace >= longest
    because = "long enough" if fits else "too short: raise the graceful timeout"
    numbers = f"grace {_time(grace)}, requests up to {_time(longest)} ({whose})"
    return _GRACE.answer(fits=fits, numbers=numbers, because=because)


def grace_against_termination(facts: Facts) -> Sum:
    """Hold the grace at shutdown against the orchestrator's."""
    grace, kill = facts.signal("server.graceful_timeout"), facts.parameter("termination_grace")
    own = f"grace {_time(grace)}" if isinstance(grace, float) else ""
    if not isinstance(grace, float) or not isinstance(kill, float):
        return _TERMINATION.open(grace, kill, numbers=own)
    fits = grace < kill
    late = "killed first: lower the graceful timeout, or raise the orchestrator's grace period"
    because = "it may finish first" if fits else late
    return _TERMINATION.answer(fits=fits, numbers=f"{own}, killed after {_time(kill)}", because=because)


def _time(seconds: float) -> str:
    return format_value(seconds, Unit.SECONDS)
