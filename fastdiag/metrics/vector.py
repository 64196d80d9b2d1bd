"""What a metrics backend is asked for, and what it answers.

A Prometheus server answers a request with a PromQL query, a /metrics page with the difference of two
scrapes. Everything behind that (quantiles, ratios, breakdowns) is computed once, from these vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.model.signal import Combine, Labels, Matcher

BUCKET: Final = "_bucket"
COUNT: Final = "_count"
SUM: Final = "_sum"
"""How the names of a classic histogram's series end. A native one has a single series, without an ending;
it is asked for by the same names, and answers in the same form."""


class Sampling(StrEnum):
    """What is taken of each series."""

    INCREASE = "increase"  # of a counter or bucket, over the window
    LATEST = "latest"  # value of a gauge now
    LOWEST = "lowest"  # lowest combined value of a gauge over the window
    HIGHEST = "highest"  # highest combined value of a gauge over the window


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorRequest:
    """Series of one metric, grouped by labels (`le` among them for buckets) and combined.

    parts  those of ``by`` that together name an instance and its part, where instances are told apart
    """

    metric: str
    sampling: Sampling
    by: tuple[str, ...] = ()
    where: tuple[Matcher, ...] = ()
    combine: Combine = Combine.SUM
    parts: tuple[str, ...] = ()


Vector = Mapping[Labels, float]
"""Value by label set (only the labels of `by`, empty ones left out). Empty: the metric has no series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The answers for one window; ``seconds`` is its real length, ``samples`` of a gauge in it.

    A request that is not among the answers was not asked or failed: unknown, not empty.
    """

    answers: Mapping[VectorRequest, Vector]
    seconds: float
    samples: int = 1
