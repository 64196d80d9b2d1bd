"""What the answer to a user's own expression says: one value, or parts and the value that they make."""

from __future__ import annotations

import math

from fastdiag.collectors.prometheus.batches import Result
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.evaluate import MAX_PARTS
from fastdiag.metrics.matching import pick
from fastdiag.metrics.sight import combined
from fastdiag.model.signal import Missing, Part, PromqlSource, Reason


def read_expression(source: PromqlSource, result: Result) -> tuple[float, tuple[Part, ...]] | Missing:
    """Return the value and its parts, the worst first, or why there is no value."""
    if isinstance(result, SourceFailed):
        return Missing(result.reason, result.detail)
    rows = [series for series in result.series if math.isfinite(series.value)]
    if not rows:
        return Missing(Reason.ABSENT, "the expression yields nothing")
    if source.by is None:
        if len(rows) > 1:
            return Missing(Reason.ABSENT, f"the expression yields {len(rows)} series, not one")
        return rows[0].value, ()
    by = (source.by,)
    parts = [Part(labels=pick(row.labels, by), value=row.value) for row in rows]
    parts.sort(key=lambda part: (-part.value, part.labels))
    return combined((row.value for row in rows), source.combine), tuple(parts[:MAX_PARTS])
