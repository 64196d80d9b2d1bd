"""A history for scripts: keys may be added, never renamed."""

from __future__ import annotations

from fastdiag.model.history import CauseSeen, Mark, Recurrence, Run
from fastdiag.model.timeline import Timeline
from fastdiag.render.json import SCHEMA, Json, dump


def render(timeline: Timeline) -> str:
    """Return a history as JSON."""
    return dump(
        {
            "schema": SCHEMA,
            "where": timeline.where,
            "more": timeline.more,
            "recurrences": [
                {"service": service, **recurrence(one)}
                for service, several in timeline.recurrences
                for one in several
            ],
            "runs": [run(one) for one in timeline.runs],
            "marks": [mark(one) for one in timeline.marks],
        }
    )


def run(one: Run) -> Json:
    """Return a run."""
    return {
        "id": one.id,
        "service": one.service,
        "host": one.host,
        "taken_at": one.taken_at,
        "occasion": one.occasion.value,
        "status": one.status.value,
        "conclusive": one.conclusive,
        "symptoms": list(one.symptoms),
        "causes": [_cause(cause) for cause in one.causes],
        "signals": dict(sorted(one.signals.items())),
        "sources": dict(one.sources),
    }


def mark(one: Mark) -> Json:
    """Return a mark."""
    return {"id": one.id, "service": one.service, "at": one.at, "text": one.text}


def recurrence(one: Recurrence) -> dict[str, Json]:
    """Return how a cause recurs."""
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
        "last_mark": mark(one.last_mark) if one.last_mark else None,
    }


def _cause(one: CauseSeen) -> Json:
    return {
        "rank": one.rank,
        "id": one.id,
        "kind": one.kind.value,
        "title": one.title,
        "probability": one.probability,
        "root": one.root,
        "verdict": one.verdict.words,
        "driven_by": one.driven_by,
    }
