"""A route collects garbage by hand, over nearly ten million living objects."""

import re
from contextlib import AbstractContextManager
from typing import Final

import httpx

from tests.incidents.deployments import configured
from tests.incidents.deployments.accounts import ACCOUNTS, ACCOUNTS_TRAFFIC
from tests.incidents.faults import more_users
from tests.incidents.model import Confirmation, Incident
from tests.incidents.stage import Stage
from tests.stack.load import Load, Route

FULL: Final = re.compile(r'^python_gc_collections_total\{generation="2"\} (\S+)', re.MULTILINE)


def fault(stage: Stage) -> AbstractContextManager[Load]:
    return more_users(stage, Route(path="/reports/demand", rps=0.5), max_in_flight=3)


def manifested(stage: Stage) -> Confirmation:
    before = _full_collections(stage)
    cores, seen = stage.service_cores(), stage.load.seen(10, route="/terms")
    collections = _full_collections(stage) - before
    return Confirmation(
        holds=seen.p95_s > 0.6 and collections >= 1,
        measured=f"{seen} on a route that computes nothing; {collections:.0f} full collections in the last "
        f"seconds; {cores:.2f} cores busy",
    )


def _full_collections(stage: Stage) -> float:
    page = httpx.get(stage.metrics_url, timeout=20, follow_redirects=True).text
    found = FULL.search(page)
    return float(found[1]) if found else 0.0


INCIDENT: Final = Incident(
    name="collect-after-report",
    cause="gc-pauses",
    story="A dashboard asks every other second for a report that ends with `gc.collect()`, as somebody once "
    "advised; the process keeps nearly ten million forecasts, and each collection walks all of them.",
    deployment=configured(ACCOUNTS, {"FORECAST_DAYS": "800"}),
    traffic=ACCOUNTS_TRAFFIC,
    fault=fault,
    manifested=manifested,
)
