"""Small invented rule tables, written as their users write them."""

from pathlib import Path
from textwrap import dedent

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Bound, Catalogue, Part, Range, Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.rulebook.load import builtin_rules, load_rulebook

UNITS = {"latency": "s", "cpu": "ratio", "queue": "count", "size": "count", "rate": "1/s", "lag": "s"}


def book(folder: Path, **causes: str) -> Rulebook:
    """Load a table of invented causes over the signals of UNITS; all are suspected alike in order."""
    causes = causes or {"other": OTHER}
    (folder / "signals").mkdir(parents=True)
    (folder / "causes").mkdir()
    signals = [
        f"x.{name}: {{unit: {unit}, title: {name}, sources: [{{collector: given}}], "
        "obtain: {run: look, cost_s: 1}}"
        for name, unit in UNITS.items()
    ]
    formula = "x.share: {unit: ratio, title: share, formula: x.queue / x.size}"
    (folder / "signals" / "x.yaml").write_text("\n".join([*signals, formula]))
    (folder / "parameters.yaml").write_text("slow: 1s\n")
    (folder / "symptoms.yaml").write_text(SLOW.format(suspects=", ".join(causes)))
    for name, text in causes.items():
        (folder / "causes" / f"{name}.yaml").write_text(f"id: {name}\n{FRAME}{dedent(text)}")
    return load_rulebook(folder)


SLOW = """
- id: slow
  title: Slow
  when: "x.latency > $slow"
  severity: {{critical: "x.latency > 10s"}}
  means: Somebody waits.
  suspects: [{suspects}]
"""
OTHER = """
evidence:
  for:
    - {when: "x.rate > 1000/s", weight: weak, because: many}
  against:
    - {when: "x.cpu > 99%", weight: weak, because: busy}
"""
FRAME = """
title: A cause
assumption: defaults are production-safe
why: Because.
explains: [slow]
check: [{run: look, look_for: it}]
fix: {now: a, then: b, avoid: c}
"""


def seen(table: Rulebook, **values: float | Reading) -> Snapshot:
    """Return a snapshot that says this of the signals: `x_queue=3`."""
    readings = {}
    for name, value in values.items():
        signal = name.replace("_", ".", 1)
        readings[signal] = value if isinstance(value, Reading) else reading(table.catalogue, signal, value)
    return Snapshot(service="t", taken_at="2026-01-01T00:00:00Z", window_s=300, readings=readings, missing={})


def reading(  # noqa: PLR0913 - one parameter a field of Reading
    catalogue: Catalogue,
    signal: str,
    value: float | None,
    *,
    before: float | None = None,
    parts: tuple[Part, ...] = (),
    window: Range | None = None,
    bias: str | None = None,
    bound: Bound | None = None,
) -> Reading:
    return Reading(
        signal=signal,
        unit=catalogue.unit(signal),
        source="given",
        value=value,
        before=before,
        by=parts,
        window=window,
        bias=bias,
        bound=bound,
    )


def judged(table: Rulebook, **values: float | Reading) -> Diagnosis:
    return diagnose(seen(table, **values), table)


def roots(diagnosis: Diagnosis) -> dict[str, float]:
    """Return the root probability of every cause, listed or not."""
    return {c.id: c.root for c in diagnosis.causes} | {o.id: o.root for o in diagnosis.others}


def builtin() -> Rulebook:
    return load_rulebook(builtin_rules())
