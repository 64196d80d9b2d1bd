"""The contract for scripts (`schema: 1`), and the saved snapshot, which is the same without the verdict.

Keys may be added, never renamed; every key is always there. Numbers that a source gave are exact, so
that a replay is; derived ones have four digits. The same input yields the same bytes, and no byte of
them acts on a terminal: what is not printable is escaped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Final

from fastdiag.model.diagnosis import Assessment, Diagnosis, Fact, NextCheck, RankedCause, SymptomFound
from fastdiag.model.doubt import Doubt
from fastdiag.model.rule import Check, Fix
from fastdiag.model.signal import Part, Range, Reading
from fastdiag.model.snapshot import Snapshot, SourceState

SCHEMA: Final = 1
_DIGITS: Final = 4

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def render(diagnosis: Diagnosis) -> str:
    """Return a diagnosis as JSON. It holds the whole snapshot, so that it can be replayed like one."""
    return dump(document(diagnosis))


def document(diagnosis: Diagnosis) -> dict[str, Json]:
    """Return the object that ``render`` writes, for documents that hold it as a part."""
    return {**_head(diagnosis.snapshot), **_judgement(diagnosis), **_body(diagnosis.snapshot)}


def render_snapshot(snapshot: Snapshot) -> str:
    """Return a snapshot as JSON, from which ``snapshot_file`` makes an equal one."""
    return dump({**_head(snapshot), **_body(snapshot)})


def dump(document: Json) -> str:
    """Return a document as text, of which no byte acts on a terminal."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    # The encoder escapes control characters of ASCII only; C1, bidirectional and zero-width ones remain.
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text) + "\n"


def _head(snapshot: Snapshot) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "fastdiag": snapshot.fastdiag,
        "service": snapshot.service,
        "taken_at": snapshot.taken_at,
        "window_s": snapshot.window_s,
    }


def _judgement(diagnosis: Diagnosis) -> dict[str, Json]:
    return {
        "status": diagnosis.status.value,
        "conclusive": diagnosis.conclusive,
        "symptoms": [_symptom(symptom) for symptom in diagnosis.symptoms],
        "unknown_symptoms": list(diagnosis.unknown_symptoms),
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "next_checks": [_next_check(check) for check in diagnosis.next_checks],
        "others": [_other(other) for other in diagnosis.others],
        "unseen": list(diagnosis.unseen),
    }


def _body(snapshot: Snapshot) -> dict[str, Json]:
    return {
        "parameters": dict(sorted(snapshot.parameters.items())),
        "observed": list(snapshot.observed),
        "sources": [source(state) for state in snapshot.sources],
        "doubts": [_doubt(doubt) for doubt in snapshot.doubts],
        "signals": {name: _reading(reading) for name, reading in sorted(snapshot.readings.items())},
        "also": [{"signal": reading.signal, **_reading(reading)} for reading in snapshot.also],
        "missing": {name: str(missing) for name, missing in sorted(snapshot.missing.items())},
    }


def source(state: SourceState) -> Json:
    """Return how a source fared."""
    return {
        "name": state.name,
        "status": state.status.value,
        "target": state.target,
        "readings": state.readings,
        "seconds": state.seconds,
        "requests": state.requests,
        "error": state.error,
        "hint": state.hint,
    }


def _doubt(doubt: Doubt) -> Json:
    return {
        "id": doubt.id,
        "says": doubt.says,
        "signals": list(doubt.signals),
        "sources": list(doubt.sources),
        "mend": doubt.mend,
        "bound": doubt.bound.value if doubt.bound else None,
    }


def _reading(reading: Reading) -> dict[str, Json]:
    return {
        "value": _exact(reading.value),
        "unit": reading.unit.value,
        "source": reading.source,
        "before": _exact(reading.before),
        "window": _range(reading.window),
        "bias": reading.bias,
        **({"bound": reading.bound.value} if reading.bound else {}),
        "by": [_part(part) for part in reading.by if math.isfinite(part.value)],
    }


def _part(part: Part) -> Json:
    return {
        "labels": dict(sorted(part.labels)),
        "value": _exact(part.value),
        "before": _exact(part.before),
        "count": _exact(part.count),
    }


def _range(window: Range | None) -> Json:
    if window is None or not math.isfinite(window.lowest) or not math.isfinite(window.highest):
        return None
    return {"lowest": _exact(window.lowest), "highest": _exact(window.highest), "samples": window.samples}


def _symptom(symptom: SymptomFound) -> Json:
    return {
        "id": symptom.id,
        "severity": symptom.severity.value,
        "title": symptom.title,
        "means": symptom.means,
        "evidence": list(symptom.evidence),
        "observed": symptom.observed,
    }


def _cause(cause: RankedCause) -> Json:
    return {
        "rank": cause.rank,
        "id": cause.id,
        "kind": cause.kind.value,
        "title": cause.title,
        "why": cause.why,
        "probability": _rounded(cause.probability),
        "root": _rounded(cause.root),
        "range": [_rounded(cause.low), _rounded(cause.high)],
        "verdict": cause.verdict.words,
        "explains": list(cause.explains),
        "driven_by": cause.driven_by,
        "for": _facts(cause.supports),
        "against": _facts(cause.contradicts),
        "unknown": _facts(cause.unknown),
        "check": [_check(check) for check in cause.check],
        "fix": _fix(cause.fix),
        "references": list(cause.references),
        "unproven": cause.unproven,
    }


def _facts(facts: Iterable[Fact]) -> Json:
    return [
        {
            "because": fact.because,
            "when": fact.when,
            "said": fact.said,
            "log_odds": _rounded(fact.log_odds),  # null where it rules the cause out
            "signals": _values(fact.signals),
            "reasons": dict(sorted(fact.reasons.items())),
        }
        for fact in facts
    ]


def _values(signals: Mapping[str, float | None]) -> Json:
    return {name: _exact(value) for name, value in sorted(signals.items())}


def _check(check: Check) -> Json:
    return {"run": check.run, "look_for": check.look_for}


def _fix(fix: Fix | None) -> Json:
    return {"now": fix.now, "then": fix.then, "avoid": fix.avoid} if fix else None


def _next_check(check: NextCheck) -> Json:
    return {
        "signal": check.signal,
        "title": check.title,
        "run": check.run,
        "gain_bits": _rounded(check.gain_bits),
        "cost_s": check.cost_s,
    }


def _other(other: Assessment) -> Json:
    return {
        "id": other.id,
        "title": other.title,
        "probability": _rounded(other.probability),
        "root": _rounded(other.root),
        "verdict": other.verdict.words,
        "because": other.because,
    }


def _exact(value: float | None) -> float | None:
    """Return a number as JSON can hold it: what is not finite is unknown."""
    return float(value) if value is not None and math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None
