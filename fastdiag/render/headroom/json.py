"""Headroom for scripts (`schema: 1`). Keys may be added, never renamed; every key is always there."""

from __future__ import annotations

import math
from typing import Final

from fastdiag.model.headroom import Amount, Headroom, Reach, Standing, Sum, TimeToLimit, UnknownLimit
from fastdiag.model.headroom import Limit as LimitRow
from fastdiag.model.signal import Missing
from fastdiag.render.json import SCHEMA, Json, dump, source

_DIGITS: Final = 4


def render(headroom: Headroom) -> str:
    """Return headroom as JSON."""
    return dump(document(headroom))


def document(headroom: Headroom) -> dict[str, Json]:
    """Return the object that ``render`` writes, for documents that hold it as a part."""
    return {
        "schema": SCHEMA,
        "fastdiag": headroom.snapshot.fastdiag,
        "service": headroom.snapshot.service,
        "taken_at": headroom.snapshot.taken_at,
        "window_s": headroom.snapshot.window_s,
        "traffic": None if isinstance(headroom.traffic, Missing) else _amount(headroom.traffic),
        "traffic_missing": str(headroom.traffic) if isinstance(headroom.traffic, Missing) else None,
        "tightest": _tightest(headroom.tightest),
        "limits": [_standing(one) for one in headroom.limits],
        "unknown": [_unknown(one) for one in headroom.unknown],
        "dormant": [{**_limit(one.limit), "because": one.because} for one in headroom.dormant],
        "arithmetic": [_sum(one) for one in headroom.arithmetic],
        "sources": [source(state) for state in headroom.snapshot.sources],
    }


def _tightest(standing: Standing | None) -> Json:
    if standing is None or standing.reach is None:
        return None
    return {"id": standing.limit.id, "multiple": _rounded(standing.reach.multiple)}


def _standing(one: Standing) -> Json:
    return {
        **_limit(one.limit),
        "used": _amount(one.used),
        "limit": _amount(one.bound),
        "utilization": _rounded(one.utilization),
        **_reach(one.reach),
        "no_multiple": one.no_reach or None,
        "time_to_limit": _time(one.time),
    }


def _limit(limit: LimitRow) -> dict[str, Json]:
    return {
        "id": limit.id,
        "title": limit.title,
        "per": limit.per.value,
        "scales_with": limit.scales_with.value,
        "means": limit.means,
        "configured": limit.configured,
        "raise": limit.raise_it,
        "becomes": limit.becomes,
    }


def _amount(amount: Amount) -> Json:
    return {
        "signal": amount.signal,
        "value": _exact(amount.value),
        "unit": amount.unit.value,
        "source": amount.source,
        "bias": amount.bias,
        "peak": _exact(amount.peak),
        "before": _exact(amount.before),
        "labels": dict(amount.part),
    }


def _reach(reach: Reach | None) -> dict[str, Json]:
    if reach is None:
        return {"multiple": None, "multiple_of": None, "basis": None, "assumption": None}
    return {
        "multiple": _rounded(reach.multiple),
        "multiple_of": reach.of.value,
        "basis": reach.basis.value,
        "assumption": reach.assumption,
    }


def _time(time: TimeToLimit | None) -> Json:
    if time is None:
        return None
    return {
        "seconds": _rounded(time.seconds),
        "rate_per_s": _exact(time.rate),
        "watched_s": _exact(time.watched_s),
        "source": time.source,
        "bias": time.bias,
    }


def _unknown(one: UnknownLimit) -> Json:
    missing: Json = {signal: str(why) for signal, why in one.missing}
    return {**_limit(one.limit), "missing": missing, "obtain": one.limit.obtain}


def _sum(one: Sum) -> Json:
    return {
        "id": one.id,
        "title": one.title,
        "verdict": one.fit.value,
        "numbers": one.numbers,
        "because": one.because,
        "why": one.why,
    }


def _exact(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None
