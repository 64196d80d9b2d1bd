"""Small invented limits and snapshots for the tests of headroom."""

from __future__ import annotations

from fastdiag.engine.headroom import headroom
from fastdiag.model.headroom import (
    Bound,
    Fixed,
    Growth,
    Headroom,
    Limit,
    Measure,
    Measured,
    ScalesWith,
    Scope,
    Standing,
)
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import Condition, Rulebook
from fastdiag.model.signal import Catalogue, Formula, Missing, Part, Range, Reading, Reason, Signal
from fastdiag.model.snapshot import Snapshot

UNITS = {
    "http.rps": Unit.PER_SECOND,
    "proxy.rps": Unit.PER_SECOND,
    "x.used": Unit.COUNT,
    "x.most": Unit.COUNT,
    "x.share": Unit.RATIO,
    "x.bytes": Unit.BYTES,
    "x.size": Unit.BYTES,
    "x.grown": Unit.BYTES,
    "x.leak": Unit.PER_SECOND,
    "x.busy": Unit.RATIO,
}
FULL = Fixed(Quantity(1.0, Unit.RATIO, "100%"), "all of it")


def limit(  # noqa: PLR0913 - what a limit differs by
    used: str = "x.used",
    bound: Bound | None = None,
    *,
    name: str = "x",
    scales_with: ScalesWith = ScalesWith.TRAFFIC,
    growth: Growth | None = None,
    when: Condition | None = None,
    others: tuple[Measure, ...] = (),
) -> Limit:
    return Limit(
        id=name,
        title=f"The {name}",
        measures=(Measure(used=used, limit=bound or Measured("x.most"), when=when), *others),
        per=Scope.WORKER,
        scales_with=scales_with,
        growth=growth,
        means="Somebody waits.",
        configured="somewhere",
        raise_it="More of it.",
        obtain="look",
        becomes="x-exhaustion",
    )


def book(*limits: Limit, **parameters: Quantity) -> Rulebook:
    signals = {name: Signal(id=name, unit=unit, title=name) for name, unit in UNITS.items()}
    formula = Formula(left="x.share", operator="+", right="x.share")
    signals["x.busy"] = Signal(id="x.busy", unit=Unit.RATIO, title="busy", formula=formula)
    return Rulebook(catalogue=Catalogue(signals), parameters=parameters, limits=limits)


def reading(  # noqa: PLR0913 - one parameter a field of Reading
    signal: str,
    value: float | None,
    *,
    before: float | None = None,
    source: str = "prometheus",
    window: tuple[float, float] | None = None,
    parts: dict[str, float] | None = None,
    bias: str | None = None,
) -> Reading:
    return Reading(
        signal=signal,
        unit=UNITS.get(signal, Unit.COUNT),
        source=source,
        value=value,
        before=before,
        window=Range(lowest=window[0], highest=window[1], samples=9) if window else None,
        by=tuple(Part(labels=(("worker", name),), value=part) for name, part in (parts or {}).items()),
        bias=bias,
    )


def snapshot(*readings: Reading, **missing: str) -> Snapshot:
    return Snapshot(
        service="shop",
        taken_at="2026-11-22T03:14:07Z",
        window_s=300,
        readings={one.signal: one for one in readings},
        missing={name.replace("_", "."): Missing(Reason.DENIED, why) for name, why in missing.items()},
    )


def told(one: Limit, *readings: Reading) -> Headroom:
    return headroom(snapshot(*readings), book(one))


def standing(one: Limit, *readings: Reading) -> Standing:
    (found,) = told(one, *readings).limits
    return found
