"""What the checklist says of a page, a log and headers that are given by hand."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastdiag.collectors.logs.facts import SIGNALS, fields_of
from fastdiag.collectors.logs.lines import Line
from fastdiag.collectors.logs.records import records_of
from fastdiag.collectors.metrics_page import parse
from fastdiag.coverage.facts import PAGE, PROMETHEUS, Facts, LogSight, Shelf
from fastdiag.coverage.judge import judge
from fastdiag.coverage.page import shelf_of
from fastdiag.model.checklist import Item, Seen
from fastdiag.model.signal import Missing, Reason
from fastdiag.rulebook.checklists import Checklist, load_checklist
from fastdiag.rulebook.folders import builtin_rules
from tests.metrics.catalogue import shipped

NOBODY = Missing(Reason.NOT_CONFIGURED, "none is known")
FASTAPI = {"fastapi": "0.165.0", "sqlalchemy": "2.0.40", "httpx": "0.28.1"}
"""What an application without any instrumentation has installed."""


@functools.cache
def items() -> tuple[Item, ...]:
    return load_checklist(builtin_rules(), Checklist.OBSERVABILITY)


def page(text: str, *, shared: str = "") -> Shelf:
    """Return what a page of this text holds."""
    return shelf_of(parse("text/plain", text.encode(), time.monotonic() + 5), shipped(), shared)


def server(text: str, *, age_s: float = 3.0) -> Shelf:
    """Return what a Prometheus holds that scraped a page of this text so long ago, every 15 s."""
    scraped = page(text)
    aged = {
        name: tuple(
            replace(one, source=PROMETHEUS, columns=replace(one.columns, age_s=age_s)) for one in metrics
        )
        for name, metrics in scraped.metrics.items()
    }
    return Shelf(source=PROMETHEUS, metrics=aged, strangers=scraped.strangers, interval_s=15.0)


def log(lines: Sequence[str]) -> LogSight:
    """Return how a service logs that has written these lines."""
    records = list(records_of(Line(text=line, at=None) for line in lines))
    return LogSight(
        records=len(records),
        shares={name: sum(map(holds, records)) / max(1, len(records)) for name, holds in SIGNALS.items()},
        fields=fields_of(records),
    )


def facts(*shelves: Shelf, slow_s: float = 1.0, packages: Mapping[str, str] | None = None) -> Facts:
    """Return what was seen, where nothing but these told anything."""
    told = {shelf.source for shelf in shelves}
    return Facts(
        catalogue=shipped(),
        slow_s=slow_s,
        shelves=shelves,
        unseen={name: NOBODY for name in (PROMETHEUS, PAGE, "logs", "probe", "workers") if name not in told},
        packages=FASTAPI if packages is None else packages,
    )


def answers(known: Facts) -> dict[str, Seen]:
    """Return the answer to each item."""
    return {seen.item.id: seen for seen in judge(items(), known)}


def of_page(text: str, *, slow_s: float = 1.0, packages: Mapping[str, str] | None = None) -> dict[str, Seen]:
    """Return the answers where only a page is seen."""
    return answers(facts(page(text), slow_s=slow_s, packages=packages))


def concerns(seen: Seen) -> str:
    """Return what is not good about what is seen."""
    return "; ".join(quality.text for quality in seen.qualities if not quality.is_good)


def merits(seen: Seen) -> str:
    """Return what is good about it."""
    return "; ".join(quality.text for quality in seen.qualities if quality.is_good)


def why(seen: Seen) -> str:
    """Return the reasons of an answer."""
    return "; ".join(f"{one.source}: {one.text}" for one in seen.evidence)
