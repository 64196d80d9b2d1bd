"""Items on workers and limits: their number, timeouts, shutdown, local state, spikes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fastdiag.model.checklist import Evidence, Item
from fastdiag.model.headroom import Standing
from fastdiag.model.quantity import Unit, format_value
from fastdiag.readiness import code, live, pools
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import Judged, is_true, only_told

MOST_MEMORY: Final = 0.9
"""Of the service's memory limit; beyond, one large request may be the one that gets a worker killed."""
CORES: Final = "workers-against-cores"
TIMEOUT: Final = "timeout-against-requests"
GRACE: Final = "grace-against-requests"
REACHED: Final = 1.0
FROZEN_ONLY: Final = (
    "it ends a worker that is frozen; a request that only waits in an async worker is ended by the proxy's "
    "timeout or by one in the code, neither of which shows here"
)


def workers_fit_capacity(facts: Facts, item: Item) -> Judged:
    """Judge whether CPU, memory and database carry the workers that run."""
    cores, slots = live.of_sums(facts, CORES), pools.of_slots(facts)
    without_database = facts.does_without(*pools.DRIVERS)
    evidence = (*cores, _memory(facts), *slots, *live.of_causes(facts, item))
    return Judged(
        evidence=only_told(slots, evidence) if without_database else evidence,
        enough=is_true(cores) and (without_database or is_true(slots)),
    )


def _memory(facts: Facts) -> Evidence:
    used, limit = facts.value("process.rss"), facts.value("process.rss.limit")
    what = "memory of all workers"
    if used is None or not limit:
        return live.of_signal(facts, "process.rss" if used is None else "process.rss.limit", what)
    text = f"{what}: {format_value(used, Unit.BYTES)} of {format_value(limit, Unit.BYTES)}"
    fits = used <= MOST_MEMORY * limit
    return Evidence(source="processes", text=text, speaks=fits, signal="process.rss")


def request_timeout_defined(facts: Facts, item: Item) -> Judged:
    """Hold gunicorn's timeout and the keep-alive against others; they end no request that only waits."""
    own, kept = live.of_sums(facts, TIMEOUT), live.of_sums(facts, "keepalive-against-proxy")
    if is_true(own):
        own = tuple(replace(one, text=f"{one.text}; {FROZEN_ONLY}", speaks=None) for one in own)
    check = live.of_sums(facts, "timeout-against-health-check")
    written = _written(facts, "workers' timeout", "gunicorn.timeout")
    evidence = (*own, *kept, *check, *written, *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=False)


def graceful_shutdown(facts: Facts, item: Item) -> Judged:
    """Judge whether requests may finish before the worker ends, and the worker before it is killed."""
    own, kill = live.of_sums(facts, GRACE), live.of_sums(facts, "grace-against-termination")
    names = ("gunicorn.graceful_timeout", "hypercorn.graceful_timeout", "uvicorn.timeout_graceful_shutdown")
    written = _written(facts, "grace at shutdown", *names)
    return Judged(evidence=(*own, *kill, *written, *live.of_causes(facts, item)), enough=is_true(own))


def no_worker_local_state(facts: Facts, item: Item) -> Judged:
    """Judge by state that handlers write, which matters as soon as there are two workers."""
    findings = facts.findings_of(item)
    found = code.of_findings(facts, item, findings)
    workers = live.of_signal(facts, "workers.count", "workers that run")
    is_alone = facts.value("workers.count") == 1
    if is_alone and findings:
        text = "one worker runs: nothing differs between workers now, a second one or a restart would show it"
        workers = Evidence(source=workers.source, text=text, speaks=None, signal=workers.signal)
        found = only_told(found, found)
    evidence = (*found, workers, *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=code.is_clean(facts, findings))


def spikes_tested(facts: Facts, item: Item) -> Judged:
    """Tell what a spike would reach first; that one was tried, only a person knows."""
    tightest = facts.headroom.tightest if facts.headroom else None
    if tightest is None or tightest.reach is None:
        text = "which limit a spike reaches first is not known"
        told = Evidence(source=live.LIMITS, text=text, speaks=None)
    else:
        told = _first(tightest, tightest.reach.multiple)
    mend = "Mend what is reached already: fastdiag headroom" if told.speaks is False else ""
    return Judged(evidence=(told, *live.of_causes(facts, item)), enough=False, fix=mend)


def _first(tightest: Standing, multiple: float) -> Evidence:
    limit = tightest.limit.title
    if multiple <= REACHED:
        return Evidence(
            source=live.LIMITS, text=f"a limit is reached without any spike: {limit}", speaks=False
        )
    text = f"at {multiple:.1f} times today's traffic the first limit is reached: {limit}"
    return Evidence(source=live.LIMITS, text=text, speaks=None)


def _written(facts: Facts, what: str, *names: str) -> tuple[Evidence, ...]:
    """Return what files of the project set for the server, which need not be what runs."""
    return tuple(
        Evidence(
            source=code.CODE,
            text=f"{what} written as {one.text}",
            speaks=None,
            place=one.place,
        )
        for one in facts.settings(*names)
        if not one.is_default
    )
