"""Which metrics the service has, for as few series read as will tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import quote_plus

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer, Series
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.plan import LE
from fastdiag.metrics.promql import detection, one_of
from fastdiag.metrics.vector import BUCKET, COUNT, SUM

NAME: Final = "__name__"
MAX_NAMES_BYTES: Final = 4000
"""Proxies refuse addresses of more than 8 kB; this is the length of the names in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Names to look for; ``histograms`` are looked for as classic and as native ones."""

    plain: frozenset[str] = frozenset()
    histograms: frozenset[str] = frozenset()

    def without(self, found: Iterable[str]) -> Wanted:
        """Return what is still to be looked for. A histogram may yet be a classic one elsewhere."""
        names = frozenset(found)
        return Wanted(
            plain=self.plain - names,
            histograms=frozenset(name for name in self.histograms if name + BUCKET not in names),
        )

    def queries(
        self,
        labels: Sequence[str],
        *selectors: str,
        lookback_s: int | None = None,
        most: int | None = None,
    ) -> Iterator[str]:
        """Return the queries for which of them exist, by the given labels.

        One bucket of a histogram stands for all of them. A summary has the name of a native histogram;
        its quantiles tell it.
        """
        buckets = [name + BUCKET for name in self.histograms]
        for names, *matchers in (
            (self.plain,),
            (buckets, f'{LE}="+Inf"'),
            (self.histograms, f'{LE}=""', 'quantile=""'),
        ):
            for chunk in _chunks(names):
                yield detection(chunk, labels, *matchers, *selectors, lookback_s=lookback_s, most=most)


@dataclass(frozen=True, slots=True)
class Names:
    """What exists, native histograms by the names of the parts that a classic one would have."""

    existing: frozenset[str] = frozenset()
    native: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, names: Iterable[str], wanted: Wanted) -> Names:
        """Tell native histograms from the rest."""
        found = frozenset(names)
        bare = frozenset(name for name in wanted.histograms if name in found and name + BUCKET not in found)
        parts = {name + end for name in bare for end in (BUCKET, COUNT, SUM)}
        return cls(found | parts, bare)


def detect(  # noqa: PLR0913 - where, what and when
    server: PrometheusServer,
    wanted: Wanted,
    labels: Sequence[str],
    selector: str,
    at: float,
    until: float,
    *,
    lookback_s: int | None = None,
    most: int | None = None,
) -> list[Series]:
    """Return a row for each name and combination of labels that exists, at most ``most`` for each name.

    Raise SourceFailed if that fails.
    """
    asked: list[Callable[[], Answer]] = [
        partial(server.ask, query, at)
        for query in wanted.queries(labels, selector, lookback_s=lookback_s, most=most)
    ]
    rows: list[Series] = []
    for answer in run_all(asked, until):
        if isinstance(answer, SourceFailed):
            raise answer
        rows += answer.series
    return rows


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for name in sorted(names):
        own = len(quote_plus(one_of((name,))))
        if chunk and size + own > MAX_NAMES_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(name)
        size += own
    if chunk:
        yield chunk
