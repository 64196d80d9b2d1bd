"""From a diagnosis to what is kept of it, and from words to a mark. Pure."""

from __future__ import annotations

import math

from fastdiag.errors import HistoryError
from fastdiag.model.diagnosis import Diagnosis, RankedCause
from fastdiag.model.history import CauseSeen, Mark, Occasion, Run
from fastdiag.model.moment import iso_of
from fastdiag.redact import Redactor


def run_of(diagnosis: Diagnosis, occasion: Occasion, host: str) -> Run:
    """Return what is kept of a diagnosis that was made on ``host``."""
    taken = diagnosis.snapshot
    values = ((name, reading.value) for name, reading in sorted(taken.readings.items()))
    return Run(
        host=host,
        service=taken.service,
        taken_at=taken.taken_at,
        occasion=occasion,
        status=diagnosis.status,
        conclusive=diagnosis.conclusive,
        symptoms=tuple(symptom.id for symptom in diagnosis.symptoms),
        causes=tuple(map(_seen, diagnosis.causes)),
        signals={name: value for name, value in values if value is not None and math.isfinite(value)},
        sources={state.name: state.status.value for state in taken.sources},
    )


def mark_of(text: str, service: str | None, at: float) -> Mark:
    """Return a mark at a moment (seconds since the epoch), one line that holds no secret.

    Raises:
        HistoryError: there is nothing in the text.

    """
    said = Redactor.of(()).label(text).strip()
    if not said:
        raise HistoryError("the mark is empty", hint='say what happened: "deploy v1.2"')
    return Mark(service=service, at=iso_of(at), text=said)


def _seen(cause: RankedCause) -> CauseSeen:
    return CauseSeen(
        id=cause.id,
        title=cause.title,
        kind=cause.kind,
        rank=cause.rank,
        probability=cause.probability,
        root=cause.root,
        verdict=cause.verdict,
        driven_by=cause.driven_by,
    )
