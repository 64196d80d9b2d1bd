"""A Prometheus server as a place to ask: one bounded query at a time."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from fastdiag.collectors.http_address import Address
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.plan import LE
from fastdiag.model.signal import Reason
from fastdiag.model.target import Access

MAX_QUERIES: Final = 60
HOME_S: Final = 0.1
"""A call gives up so much before the deadline: it then says itself what happened, nobody has to guess."""
_LENIENT: Final = {"dedup": "true", "max_source_resolution": "0s", "nocache": "1"}
"""One copy of what replicas scraped, not downsampled (Thanos); no answer of a minute ago (VictoriaMetrics).
Servers that know no such parameters pass over them."""
_NAMING_ADVICE: Final = "metric might not be a counter"
"""An info of Prometheus 3 about names without _total: true of several libraries, and harmless."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: (time, value) pairs, a single one in an instant vector."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]

    @property
    def value(self) -> float:
        """The latest value."""
        return self.samples[-1][1] if self.samples else math.nan


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server found; ``remarks`` are its warnings, about partial results for one."""

    series: tuple[Series, ...]
    remarks: tuple[str, ...] = ()


class PrometheusServer:
    """Asks one server, at most 60 times, until ``deadline``; safe to use from several threads."""

    def __init__(self, address: Address, deadline: float, access: Access) -> None:
        from prometheus_api_client import PrometheusConnect  # noqa: PLC0415 - 0.2 s of imports
        from urllib3.util import Retry  # noqa: PLC0415 - likewise

        from fastdiag.collectors.http_session import BoundedSession, Login  # noqa: PLC0415 - likewise

        self._deadline = deadline
        self._session = BoundedSession(deadline - HOME_S, access.ca_file)
        has_login = access.headers or address.credentials
        self._client = PrometheusConnect(
            url=address.url,
            session=self._session,
            auth=Login(access, address.credentials) if has_login else None,
            retry=Retry(0, redirect=False),
        )
        self._lock = threading.Lock()
        self._asked = 0

    @property
    def asked(self) -> int:
        """How many queries were sent."""
        return self._asked

    @property
    def left(self) -> int:
        """How many more may be."""
        return MAX_QUERIES - self._asked

    @property
    def is_victoria_metrics(self) -> bool:
        """Whether it is one. Its increase() takes new series to have begun at zero."""
        return self._session.is_victoria_metrics

    def close(self) -> None:
        """Let go of idle connections."""
        self._client.close()

    def ask(self, query: str, at: float | None = None) -> Answer:
        """Evaluate PromQL at a time of the server's clock. Raise SourceFailed if that fails."""
        moment = {} if at is None else {"time": f"{at:.3f}"}
        return self._answer(partial(self._client.custom_query, query, params=self._params() | moment))

    def ask_range(self, query: str, start: int, end: int, step_s: int) -> Answer:
        """Evaluate PromQL from ``start`` to ``end``. Raise SourceFailed if that fails."""
        first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        step, params = str(step_s), self._params()
        return self._answer(partial(self._client.custom_query_range, query, first, last, step, params=params))

    def _params(self) -> dict[str, str]:
        left = max(0.1, self._deadline - time.monotonic())
        return {"timeout": f"{left * 1000:.0f}ms"} | _LENIENT

    def _answer(self, call: Callable[[], Any]) -> Answer:
        self._count()
        series = self._series(call)
        return Answer(series, _remarks(self._session.last_body))

    def _series(self, call: Callable[[], Any]) -> tuple[Series, ...]:
        from prometheus_api_client.exceptions import PrometheusApiClientException  # noqa: PLC0415 - as above

        try:
            return tuple(series for item in call() for series in _parsed(item))
        except PrometheusApiClientException as error:
            from fastdiag.collectors.http_faults import LESS_HINT  # noqa: PLC0415 - as above

            said = _error_of(self._session.last_body)
            raise SourceFailed(Reason.FAILED, said, hint=LESS_HINT) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceFailed(
                Reason.FAILED,
                "the answer is cut off or not from a Prometheus API",
                hint="check host, port and base path; a proxy in between may cut answers off",
            ) from error

    def _count(self) -> None:
        with self._lock:
            if self._asked >= MAX_QUERIES:
                raise SourceFailed(Reason.FAILED, f"not asked: {MAX_QUERIES} queries are the limit")
            self._asked += 1


def _parsed(item: Mapping[str, object]) -> Iterator[Series]:
    """Read one series of a query, whose answer may be a vector or a matrix."""
    labels = item["metric"]
    if not isinstance(labels, dict):
        raise TypeError("no labels")
    own = {str(name): str(value) for name, value in labels.items()}
    histogram = item.get("histogram")
    if isinstance(histogram, list):
        yield from _buckets(own, *histogram)
        return
    histograms = item.get("histograms")
    if isinstance(histograms, list):  # of a matrix; one that was classic for a while has values as well
        for at, past in histograms:
            yield from _buckets(own, float(at), past)
        if "values" not in item:
            return
    pairs = item.get("values", [item.get("value")])
    if not isinstance(pairs, list):
        raise TypeError("neither vector nor matrix")
    yield Series(own, tuple((float(at), float(value)) for at, value in pairs))


def _buckets(labels: Mapping[str, str], at: float, histogram: Mapping[str, object]) -> Iterator[Series]:
    """Tell a native histogram as the cumulative buckets of a classic one.

    Each bucket is `[boundaries, lower, upper, count]`, empty ones are left out.
    """
    buckets = histogram.get("buckets") or []
    if not isinstance(buckets, list):
        raise TypeError("no buckets")
    upto = 0.0
    for _, lower, upper, count in buckets:
        yield Series({**labels, LE: str(lower)}, ((at, upto),))
        upto += float(count)
        yield Series({**labels, LE: str(upper)}, ((at, upto),))
    yield Series({**labels, LE: "+Inf"}, ((at, float(str(histogram["count"]))),))


def _remarks(body: bytes) -> tuple[str, ...]:
    """Return the warnings of an answer, which the client library leaves out."""
    if not any(key in body for key in (b'"warnings"', b'"infos"', b'"isPartial"')):
        return ()
    answer = json.loads(body)
    remarks = [*(answer.get("warnings") or ()), *(answer.get("infos") or ())]
    if answer.get("isPartial") is True:
        remarks.append("the server says that the answer is partial")
    return tuple(str(remark) for remark in remarks if _NAMING_ADVICE not in str(remark))


def _error_of(body: bytes) -> str:
    """Return the server's own words about a query that failed."""
    try:
        said = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return "the server failed to answer the query"
    return f"the server says: {said}"
