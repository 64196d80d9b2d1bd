"""A user's own expression: asked for in a few rows however many it has, and what the answer says."""

from __future__ import annotations

import math
import re
from typing import Final

from fastdiag.collectors.prometheus.batches import Result
from fastdiag.collectors.prometheus.choice import marker_of
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.evaluate import MAX_PARTS
from fastdiag.metrics.matching import pick
from fastdiag.metrics.promql import Scope, label_of, labelled, series_of
from fastdiag.model.signal import Matcher, Missing, Part, PromqlSource, Reason

WHOLE: Final = "fastdiag_whole"
"""Label of the row that holds the parts combined; the others are parts."""


def bounded(source: PromqlSource, scope: Scope) -> str:
    """Return the expression about a scope: no more rows than are told one by one, and all of them combined.

    Of instances those are told that the scope tells everywhere, so that a formula finds them on both of its
    sides. ``$window`` is left to be filled in.
    """
    expression = source.promql.replace("$selector", scope.selector)
    if source.by is None:
        return f"topk(2, {expression})"
    finite = f"({expression}) > -Inf < +Inf"
    few, metric = scope.crowd.get(source.by), marker_of(source)
    if few is not None and metric is not None:
        own = series_of(metric, scope, (Matcher(source.by, "|".join(map(re.escape, few))),))
        parts = f"({finite} and on ({label_of(source.by, scope)}) {own})"
    else:
        parts = f"topk({MAX_PARTS}, {finite})"
    return f"{parts} or {labelled(f'{source.combine} ({finite})', WHOLE, '1')}"


def read_expression(source: PromqlSource, result: Result) -> tuple[float, tuple[Part, ...]] | Missing:
    """Return the value and its parts, the worst first, or why there is no value."""
    if isinstance(result, SourceFailed):
        return Missing(result.reason, result.detail)
    rows = [series for series in result.series if math.isfinite(series.value)]
    if not rows:
        return Missing(Reason.ABSENT, "the expression yields nothing")
    if source.by is None:
        if len(rows) > 1:
            return Missing(Reason.ABSENT, "the expression yields several series, not one")
        return rows[0].value, ()
    by = (source.by,)
    whole = [row.value for row in rows if WHOLE in row.labels]
    parts = [Part(labels=pick(row.labels, by), value=row.value) for row in rows if WHOLE not in row.labels]
    parts.sort(key=lambda part: (-part.value, part.labels))
    if not whole:
        return Missing(Reason.ABSENT, "the expression yields nothing")
    return whole[0], tuple(parts[:MAX_PARTS])
