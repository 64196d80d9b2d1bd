"""Somebody else's job lists the keys of a large shared cache with KEYS; all other commands wait for it."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tests.incidents.beside.redis import Cache, cache, cache_scanned
from tests.incidents.deployments.queues import BOX_OFFICE, BOX_OFFICE_TRAFFIC
from tests.incidents.model import Confirmation, Incident, Tier
from tests.incidents.needs import Need
from tests.incidents.stage import Stage

SESSIONS: Final = 1_000_000
EXPIRED: Final = "session:*:expired"  # matches none, and all keys are looked at


def fault(stage: Stage) -> AbstractContextManager[None]:
    return cache_scanned(stage, EXPIRED, replicas=3)


def manifested(stage: Stage) -> Confirmation:
    cache = stage.companion(Cache)
    before = cache.seconds_in("keys")
    cores, spent = stage.service_cores(), cache.seconds_in("keys") - before
    seats, events = stage.load.seen(route="/events/{id}/seats"), stage.load.seen(route="/events/{id}")
    return Confirmation(
        holds=seats.p50_s > 0.7 and spent > 1.0 and events.p95_s < 0.25,
        measured=f"{seats} where the cache is asked, p95 {events.p95_s:.2f} s where it is not; Redis spent "
        f"{spent:.1f} of the last two seconds or so in KEYS; {cores:.2f} cores busy",
    )


INCIDENT: Final = Incident(
    name="cache-scanned",
    cause="cache-slow",
    story="Three replicas of another team's sweeper look for expired sessions with KEYS among a million; "
    "Redis does one thing at a time, so each look-up of the box office waits behind them.",
    deployment=replace(BOX_OFFICE, beside=(cache(sessions=SESSIONS), *BOX_OFFICE.beside[1:])),
    traffic=BOX_OFFICE_TRAFFIC,
    fault=fault,
    manifested=manifested,
    needs=frozenset({Need.REDIS}),
    tier=Tier.QUICK,
)
