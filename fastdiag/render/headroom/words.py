"""Headroom as a person says it: multiples, amounts, where a number is from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

from fastdiag.model.headroom import (
    Amount,
    Basis,
    Fit,
    Headroom,
    ScalesWith,
    Standing,
    Sum,
    TimeToLimit,
    UnknownLimit,
)
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Missing, Reason
from fastdiag.redact import disarm
from fastdiag.render.sight import part_name
from fastdiag.render.words import lowered, percent

MOST: Final = 10.0
"""Further away nothing can be told from what is in use today."""
FINE: Final = 1.1
"""Closer than this, hundredths count."""
ALMOST: Final = 0.9
"""From this utilization on a limit is named first, whether or not it follows traffic."""
LONGEST: Final = 100.0
"""A growth is told forth for so many times as long as it was watched: after five minutes, for eight hours."""
_NONE_SET: Final = re.compile(r"\bno (?:such setting|limit)\b")
_ATTRIBUTED: Final = {"attribution": "postgres and processes"}
"""What the sources are called that no source has by itself."""
METHOD: Final = (
    "A multiple takes requests to last as long as now. They last longer the fuller things get: expect limits "
    "sooner rather than later."
)
ORDER: Final = (Fit.MISFIT, Fit.FITS, Fit.UNKNOWN)


def multiple(standing: Standing) -> str:
    """Return `x1.4`, `x1.04`, `>x10`, `full`; without a multiple the time, `8 h`, and without that `-`.

    Rounded down, to promise nothing.
    """
    if standing.reach is None:
        return _span(standing.time.seconds) if standing.time and _is_telling(standing.time) else "-"
    if standing.reach.basis is Basis.REACHED:
        return "full"
    number = standing.reach.multiple
    if number >= MOST:
        return f">x{MOST:.0f}"
    digits = 100 if number < FINE else 10
    floor = math.floor(number * digits + 1e-9) / digits
    return f"x{floor:.2f}" if number < FINE else f"x{floor:.1f}"


def headline(headroom: Headroom) -> str:
    """Return what breaks first, in one sentence."""
    tightest = headroom.tightest
    full = _almost_full(headroom)
    said = f"{full}{_first(tightest, is_next=bool(full)) if tightest else _nothing(headroom)}"
    named = headroom.snapshot.service not in {"", "unknown"}
    return disarm(f"{headroom.snapshot.service}: {said}" if named else said)


def _almost_full(headroom: Headroom) -> str:
    """Return what is used up but for a little, and has no multiple; empty where nothing is."""
    top = headroom.limits[0] if headroom.limits else None
    if top is None or top.reach or top.utilization < ALMOST:
        return ""
    return f"{lowered(top.limit.title)} at {percent(top.utilization)}; "


def _first(standing: Standing, *, is_next: bool) -> str:
    title, reach = lowered(standing.limit.title), standing.reach
    if reach is None or reach.basis is Basis.REACHED:
        return f"{title}: {', '.join(filter(None, (basis(standing), share(standing))))}"
    if reach.multiple >= MOST:
        lead = "next" if is_next else "no limit that was seen is near; first"
        return f"{lead} comes {title}, beyond {MOST:.0f} {_todays(standing)}"
    how = {Basis.MEASURED: ", as measured so far"}.get(reach.basis, "")
    if reach.basis is Basis.PROPORTIONAL and reach.of is ScalesWith.TRAFFIC:
        how = f", {reach.assumption}"
    return f"first limit: {title}, at {multiple(standing).removeprefix('x')} {_todays(standing)}{how}"


def _todays(standing: Standing) -> str:
    is_traffic = standing.reach is not None and standing.reach.of is ScalesWith.TRAFFIC
    return f"x today's {'traffic' if is_traffic else 'connections'}"


def _nothing(headroom: Headroom) -> str:
    if not headroom.limits:
        return "no limit could be seen"
    return "no limit is reached, and what was seen does not tell at which traffic one will be"


def traffic(headroom: Headroom) -> str:
    """Return `traffic 48/s (prometheus)`, or why it is not known."""
    seen = headroom.traffic
    if isinstance(seen, Missing):
        return f"traffic unknown ({seen})"
    before = f", {format_value(seen.before, seen.unit)} before" if seen.before is not None else ""
    return f"traffic {format_value(seen.value, seen.unit)}{before} ({seen.source})"


def share(standing: Standing) -> str:
    """Return `43 of 60`, with the peak where it is higher and the part where it is one of several.

    Of a ratio against 100 % there is nothing to say beside the ratio, and of a proof only what it was.
    """
    used, bound = standing.used, standing.bound
    if used.unit is Unit.RATIO and bound.value == 1 and not used.part:
        return ""
    if bound.signal is None and bound.unit is Unit.COUNT and bound.value == 1:  # no number, but a proof
        return bound.source
    peak = f" (peak {format_value(used.peak, used.unit)})" if used.peak is not None else ""
    part = f", {part_name(used.part)}" if used.part else ""
    return f"{format_value(used.value, used.unit)}{peak} of {format_value(bound.value, bound.unit)}{part}"


def origin(standing: Standing) -> str:
    """Return where both numbers come from."""
    used, bound = _source(standing.used), _source(standing.bound)
    return f"both {used}" if used == bound else f"used: {used}; limit: {bound}"


def _source(amount: Amount) -> str:
    named = f"{amount.signal} ({amount.source})" if amount.signal else amount.source
    return named if amount.bias is None else f"{named}, {amount.bias}"


def sources(standing: Standing) -> str:
    """Return the same in short: the sources of the signals."""
    both = (standing.used, standing.bound)
    return ", ".join(dict.fromkeys(_ATTRIBUTED.get(one.source, one.source) for one in both if one.signal))


def doubts(standing: Standing) -> tuple[str, ...]:
    """Return why its numbers may mislead."""
    both = (standing.used, standing.bound)
    return tuple(dict.fromkeys(f"{one.signal}: {one.bias}" for one in both if one.bias))


def basis(standing: Standing) -> str:
    """Return what the multiple rests on, or why there is none."""
    return standing.reach.assumption if standing.reach else standing.no_reach


def time(standing: Standing) -> str:
    """Return when it is reached by growth alone; empty where it does not grow with time."""
    growth = standing.time
    if growth is None:
        return ""
    doubt = f"; {growth.bias}" if growth.bias else ""
    if not _is_telling(growth):
        return f"grows with time, but was watched for {_span(growth.watched_s)} only ({growth.source}){doubt}"
    return f"full in {_span(growth.seconds)} if it goes on growing as now ({growth.source}){doubt}"


def _is_telling(growth: TimeToLimit) -> bool:
    return growth.seconds <= LONGEST * growth.watched_s


def _span(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def sums(headroom: Headroom) -> tuple[Sum, ...]:
    """Return the arithmetic, what does not fit first."""
    return tuple(sorted(headroom.arithmetic, key=lambda one: ORDER.index(one.fit)))


def calculation(one: Sum) -> str:
    """Return numbers and verdict of a sum: `4 workers x 15 = 60 of 97 usable slots: 37 left for others`."""
    return ": ".join(text for text in (one.numbers, one.because) if text)


def is_none_here(one: UnknownLimit) -> bool:
    """Whether who could show a limit has answered that none is set: asking again shows nothing."""
    return all(
        missing.reason is Reason.ABSENT and _NONE_SET.search(missing.detail) for _, missing in one.missing
    )


def by_command(unknown: Iterable[UnknownLimit]) -> dict[str, tuple[UnknownLimit, ...]]:
    """Return the unknown limits by how they can be seen, in the order of the first."""
    groups: dict[str, tuple[UnknownLimit, ...]] = {}
    for one in unknown:
        groups[one.limit.obtain] = (*groups.get(one.limit.obtain, ()), one)
    return groups


def reasons(unknown: Iterable[UnknownLimit]) -> tuple[str, ...]:
    """Return why limits are unknown, each reason with the signals it concerns."""
    concerned: dict[str, list[str]] = {}
    for one in unknown:
        for signal, missing in one.missing:
            named = concerned.setdefault(str(missing), [])
            if signal not in named:
                named.append(signal)
    return tuple(f"{', '.join(signals)} {why}" for why, signals in concerned.items())
