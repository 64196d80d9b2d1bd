"""What is said of runs, marks and what recurs, alike on the screen and in Markdown."""

from __future__ import annotations

from fastdiag.model.history import Recurrence, Run
from fastdiag.model.timeline import Timeline
from fastdiag.render.words import count, moment, percent

EMPTY = "nothing is kept here yet: `fastdiag report` keeps what it finds"


def summary(timeline: Timeline) -> str:
    """Return `12 runs of shop, 2 marks`."""
    services = sorted({run.service for run in timeline.runs})
    whose = (
        f" of {services[0]}" if len(services) == 1 else f" of {len(services)} services" if services else ""
    )
    runs = count(len(timeline.runs), "run")
    return f"{'the latest ' if timeline.more else ''}{runs}{whose}, {count(len(timeline.marks), 'mark')}"


def found(run: Run) -> str:
    """Return the first cause of a run as `db-pool-exhaustion 93%`; nothing where it found none."""
    if not run.causes:
        return ""
    first = min(run.causes, key=lambda cause: cause.rank)
    others = len(run.causes) - 1
    return f"{first.id} {percent(first.probability)}{f' and {others} more' if others else ''}"


def frequency(one: Recurrence) -> str:
    """Return `in 14 of 96 runs, 3 episodes`, and that it flaps."""
    told = f"in {one.runs} of {count(one.of, 'run')}, {count(one.episodes, 'episode')}"
    return f"{told}, flapping" if one.flapping else told


def span(one: Recurrence) -> str:
    """Return since when it has been seen, and what happened before it last began."""
    if one.first_seen == one.last_seen:
        when = f"seen {moment(one.first_seen)}"
    else:
        last = "and there now" if one.is_present else f"last {moment(one.last_seen)}"
        when = f"first seen {moment(one.first_seen)}, {last}"
    return f"{when}; after {one.last_mark.text!r}" if one.last_mark else when


def then(run: Run) -> str:
    """Return what was said of a run when it was taken."""
    said = f"{run.status}{f': {cause}' if (cause := found(run)) else ''}"
    return f"run {run.id}, {run.occasion} on {run.host}, {moment(run.taken_at)}; it said {said}"
