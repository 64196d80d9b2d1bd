"""How good a metric is at what it shows: its buckets, endpoints, statuses, size and age."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from fastdiag.collectors.prometheus.doubts import PUSHED_EVERY_S, STALE_INTERVALS
from fastdiag.collectors.sample_doubts import most_alike
from fastdiag.coverage.facts import Metric, Shelf
from fastdiag.model.quantity import Unit, format_value

ALIKE: Final = 3
"""So many endpoints that differ only in a number are ids; a handful of static pages rarely is alike."""
MANY_ENDPOINTS: Final = 500
"""More than large services have routes: then paths are counted, not routes."""
MANY_SERIES: Final = 10_000
"""Of one metric. A histogram of 100 routes with 20 buckets has 2,200 an instance."""
_GROUPED: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
_INFLATED: Final = "prometheus-fastapi-instrumentator"
_INFLATED_SCOPES: Final = "opentelemetry.instrumentation."


class Flaw(StrEnum):
    """What is bad about something that is visible."""

    BUCKETS = "buckets"
    STATUSES = "statuses"
    RAW_PATHS = "raw-paths"
    CROWDED = "crowded"
    STALE = "stale"
    LOTTERY = "lottery"
    UNKEPT = "unkept"
    BIASED = "biased"
    BLIND = "blind"
    LACKING = "lacking"
    LOGGED = "logged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that is good or bad about what is seen; ``library`` is whose setting would mend it."""

    text: str
    flaw: Flaw | None = None
    library: str = ""


def of_buckets(metric: Metric, slow_s: float) -> Iterator[Remark]:
    """Say whether the latency objective can be told from the buckets of a histogram."""
    bounds, name, slow = metric.bounds, metric.name, format_value(slow_s, Unit.SECONDS)
    if metric.columns.is_native:
        yield Remark(text=f"{name} is a native histogram, fine enough for any objective")
    if not bounds:
        return
    top = format_value(bounds[-1], Unit.SECONDS)
    has_bound = any(math.isclose(bound, slow_s, rel_tol=1e-6) for bound in bounds)
    if slow_s > bounds[-1] and not has_bound:
        yield _flaw(metric, Flaw.BUCKETS, f"{name} has no bucket above {top}, and the objective is {slow}")
    elif not has_bound:
        low, high = next((one for one in pairwise((0.0, *bounds)) if one[0] < slow_s < one[1]), (0.0, 0.0))
        between = f"{format_value(low, Unit.SECONDS)} to {format_value(high, Unit.SECONDS)}"
        text = f"one bucket of {name} holds {between}: whether the objective of {slow} is met is a guess"
        yield _flaw(metric, Flaw.BUCKETS, text)
    elif bounds[-1] <= slow_s * (1 + 1e-6):
        text = f"the highest bucket of {name} ends at {top}: how much slower a request was is not told"
        yield _flaw(metric, Flaw.BUCKETS, text)
    else:
        yield Remark(text=f"a bucket of {name} ends at the objective of {slow}")


def of_endpoints(metric: Metric) -> Iterator[Remark]:
    """Say whether endpoints are told apart by their templates."""
    label = metric.route_label
    if label is None:
        return
    shape, times = most_alike(metric.routes)
    number = metric.route_count
    if times >= ALIKE:
        many = f"more than {times}" if number > len(metric.routes) else times
        text = f"label {label} of {metric.name} has {many} values like {shape}: ids stand in it, not routes"
        yield _flaw(metric, Flaw.RAW_PATHS, text)
    elif number > MANY_ENDPOINTS:
        text = f"label {label} of {metric.name} has {number} values: paths as clients spell them, not routes"
        yield _flaw(metric, Flaw.RAW_PATHS, text)
    elif times:
        yield Remark(text=f"{metric.name} tells {_endpoints(number)} apart by {label}")
    else:
        yield Remark(text=f"{metric.name} tells {_endpoints(number)} apart by {label}, as templates")


def of_statuses(metric: Metric) -> Iterator[Remark]:
    """Say whether a 504 can be told from a 500."""
    statuses = metric.statuses
    if not statuses:
        return
    if any(status in _GROUPED for status in statuses):
        text = f"{metric.name} groups statuses ({', '.join(statuses[:5])}): a 503 or 504 looks like any 5xx"
        yield _flaw(metric, Flaw.STATUSES, text)
    else:
        yield Remark(text=f"{metric.name} tells statuses one by one")


def of_size(metric: Metric) -> Iterator[Remark]:
    """Say that a metric has so many series that it costs more than it tells."""
    if metric.columns.series > MANY_SERIES:
        text = f"{metric.name} has {metric.columns.series} series: it is slow to ask and dear to keep"
        yield _flaw(metric, Flaw.CROWDED, text)


def of_age(metric: Metric, shelf: Shelf | None) -> Iterator[Remark]:
    """Say that a metric has ended: a PromQL query still shows it for five minutes."""
    age_s = metric.columns.age_s
    interval_s = (shelf.interval_s if shelf else None) or PUSHED_EVERY_S
    if age_s is None:
        text = f"{metric.name} has no sample of the last five minutes"
        yield _flaw(metric, Flaw.STALE, text)
    elif age_s > STALE_INTERVALS * interval_s:
        text = f"the newest sample of {metric.name} is {format_value(age_s, Unit.SECONDS)} old"
        yield _flaw(metric, Flaw.STALE, text)


def of_bias(metric: Metric) -> Iterator[Remark]:
    """Say what the catalogue knows to be wrong with a metric of this library."""
    if metric.is_biased:
        yield _flaw(metric, Flaw.BIASED, f"{metric.name}: {metric.how.bias}")


def of_blindness(metric: Metric) -> Iterator[Remark]:
    """Say what a library leaves out."""
    why = metric.blind_to
    if why is not None:
        yield _flaw(metric, Flaw.BLIND, f"{metric.name}: {why}")


def of_inflation(metric: Metric) -> Iterator[Remark]:
    """Say that background tasks count as a part of the request: some libraries time both."""
    scopes = metric.columns.labels.get("otel_scope_name", ())
    is_otel = any(scope.startswith(_INFLATED_SCOPES) for scope in scopes)
    if not metric.is_detail and (metric.how.library == _INFLATED or is_otel):
        yield _flaw(metric, Flaw.BIASED, f"{metric.name} counts background tasks as a part of their request")


def _endpoints(number: int) -> str:
    return "1 endpoint" if number == 1 else f"{number} endpoints"


def _flaw(metric: Metric, flaw: Flaw, text: str) -> Remark:
    return Remark(text=text, flaw=flaw, library=metric.how.library)
