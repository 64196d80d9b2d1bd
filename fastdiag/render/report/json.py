"""A report for scripts (`schema: 1`): the diagnosis as ``json`` writes it, and `report`, what time adds.

It can be replayed like a snapshot. Keys may be added, never renamed; every key is always there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from fastdiag.model.course import Course, FailureSequence
from fastdiag.model.history import CauseSeen, Mark, Past, Recurrence, Run
from fastdiag.model.moment import iso_of
from fastdiag.model.report import Report
from fastdiag.render import json
from fastdiag.render.changes import json as changes_json
from fastdiag.render.headroom import json as headroom_json
from fastdiag.render.json import Json

_DIGITS: Final = 4


def render(report: Report) -> str:
    """Return the report as JSON."""
    return json.dump(document(report))


def document(report: Report) -> dict[str, Json]:
    """Return the object that ``render`` writes, for documents that hold it as a part."""
    return {
        **json.document(report.diagnosis),
        "report": {
            "since": changes_json.document(report.since) if report.since else None,
            "sequence": _sequence(report.sequence) if report.sequence else None,
            "courses": [_course(course) for course in report.courses],
            "no_courses": report.no_courses,
            "requests": report.requests,
            "headroom": headroom_json.document(report.headroom) if report.headroom else None,
            "past": _past(report.past),
            "notes": list(report.notes),
        },
    }


def _sequence(sequence: FailureSequence) -> Json:
    return {
        "steps": [
            {"stage": step.stage.value, "at": iso_of(step.at), "signal": step.signal, "said": step.said}
            for step in sequence.steps
        ],
        "unseen": [stage.value for stage in sequence.unseen],
    }


def _course(course: Course) -> Json:
    return {
        "signal": course.signal,
        "title": course.title,
        "unit": course.unit.value,
        "told": course.told.value,
        "threshold": course.threshold,
        "points": [[iso_of(at), _finite(value)] for at, value in course.points],
    }


def _past(past: Past) -> Json:
    return {
        "where": past.where,
        "trouble": past.trouble,
        "runs": [_run(run) for run in past.runs],
        "recurrences": [_recurrence(one) for one in past.recurrences],
        "marks": _marks(past.marks),
    }


def _run(run: Run) -> Json:
    return {
        "id": run.id,
        "host": run.host,
        "taken_at": run.taken_at,
        "occasion": run.occasion.value,
        "status": run.status.value,
        "conclusive": run.conclusive,
        "symptoms": list(run.symptoms),
        "causes": [_seen(cause) for cause in run.causes],
    }


def _seen(cause: CauseSeen) -> Json:
    return {
        "id": cause.id,
        "rank": cause.rank,
        "probability": round(cause.probability, _DIGITS),
        "verdict": cause.verdict.words,
    }


def _recurrence(one: Recurrence) -> Json:
    return {
        "id": one.id,
        "title": one.title,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "runs": one.runs,
        "of": one.of,
        "episodes": one.episodes,
        "flapping": one.flapping,
        "is_present": one.is_present,
        "last_mark": _mark(one.last_mark) if one.last_mark else None,
    }


def _marks(marks: Iterable[Mark]) -> Json:
    return [_mark(mark) for mark in marks]


def _mark(mark: Mark) -> Json:
    return {"at": mark.at, "service": mark.service, "text": mark.text}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
