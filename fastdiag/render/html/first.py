"""The first screen: what is wrong, how sure that is, and the numbers that a person looks at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Recurrence
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.report import Report
from fastdiag.render import doubts
from fastdiag.render.changes import words as changes_words
from fastdiag.render.headline import headline
from fastdiag.render.headroom import words as headroom_words
from fastdiag.render.html.act import Act, act
from fastdiag.render.html.causes import Card, Entry
from fastdiag.render.html.parts import Note, nameless
from fastdiag.render.outline import contenders
from fastdiag.render.sight import slowest_endpoint
from fastdiag.render.words import count, moment

MAX_SUSPECTS: Final = 3
MAX_FOR: Final = 3
MAX_AGAINST: Final = 1
TELLING: Final = 10.0
"""From this share of the heaviest finding on, one is worth a line here."""
MAX_DOUBTS: Final = 2
_SHOWN: Final = ("caught", "holder")
"""What points at a line of code or at a process: beside the first suspect, where it is read at once."""
_VITALS: Final = (  # the first of each row that was seen
    ("p95 latency", ("http.latency.p95",)),
    ("probe answers in", ("probe.latency",)),
    ("errors", ("http.errors.ratio", "probe.failures")),
    ("stuck requests", ("http.stuck",)),
    ("traffic", ("http.rps",)),
    ("CPU of the service", ("service.cpu",)),
    ("connection pool", ("db.pool.utilization",)),
    ("database slots", ("db.connections.utilization",)),
)
MAX_VITALS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """One number; ``is_bad`` where a symptom rests on it."""

    label: str
    value: str
    before: str
    is_bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomLine:
    """A symptom that holds, and by which numbers."""

    severity: str
    title: str
    evidence: tuple[str, ...]
    is_reported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Everything on the first screen.

    because, traces  why the first suspect is one, and where it shows in code or processes
    news     what time and doubt add to the verdict: recurring, since the last report, not to be trusted
    """

    status: str
    service: str
    sentence: str
    when: str
    vitals: tuple[Vital, ...]
    suspects: tuple[Card, ...]
    because: tuple[Entry, ...]
    traces: tuple[Note, ...]
    act: Act
    symptoms: tuple[SymptomLine, ...]
    slowest: str
    news: tuple[Note, ...]


def first(report: Report, failures: tuple[Card, ...]) -> First:
    """Return the first screen; ``failures`` are the cards to which it leads."""
    diagnosis = report.diagnosis
    snapshot = diagnosis.snapshot
    over = f"over the last {format_value(snapshot.window_s, Unit.SECONDS)}"
    return First(
        status=diagnosis.status.value,
        service=snapshot.service,
        sentence=headline(diagnosis),
        when=f"{moment(snapshot.taken_at)}, {over}" if snapshot.taken_at else "",
        vitals=tuple(_vitals(diagnosis))[:MAX_VITALS],
        suspects=failures[:MAX_SUSPECTS],
        because=tuple(_because(failures)),
        traces=tuple(_traces(failures)),
        act=act(diagnosis, report.headroom),
        symptoms=tuple(_symptoms(diagnosis)),
        slowest=slowest_endpoint(diagnosis) or "",
        news=tuple(_news(report)),
    )


def _because(failures: tuple[Card, ...]) -> Iterator[Entry]:
    """Yield what speaks most for the first suspect, and what speaks most against it."""
    telling = [entry for card in failures[:1] for entry in card.ledger if entry.share >= TELLING]
    yield from [entry for entry in telling if entry.is_for][:MAX_FOR]
    yield from [entry for entry in telling if not entry.is_for][:MAX_AGAINST]


def _traces(failures: tuple[Card, ...]) -> Iterator[Note]:
    """Yield the first note of each kind that points somewhere."""
    for label in _SHOWN:
        yield from [note for card in failures[:1] for note in card.notes if note.label == label][:1]


def _vitals(diagnosis: Diagnosis) -> Iterator[Vital]:
    evidence = [text for symptom in diagnosis.symptoms for text in symptom.evidence]
    too_high = " ".join(text for text in evidence if " < " not in text)  # a low CPU is no bad CPU
    readings = diagnosis.snapshot.readings
    for label, signals in _VITALS:
        seen = (reading for signal in signals if (reading := readings.get(signal)))
        reading = next((one for one in seen if one.value is not None), None)
        if reading is None or reading.value is None:
            continue
        before = f"before {format_value(reading.before, reading.unit)}" if reading.before is not None else ""
        value = format_value(reading.value, reading.unit)
        yield Vital(label=label, value=value, before=before, is_bad=f"{reading.signal} " in too_high)


def _symptoms(diagnosis: Diagnosis) -> Iterator[SymptomLine]:
    for symptom in diagnosis.symptoms:
        yield SymptomLine(
            severity=symptom.severity.value,
            title=symptom.title,
            evidence=symptom.evidence,
            is_reported=symptom.observed,
        )


def _news(report: Report) -> Iterator[Note]:
    says = [doubt.says for doubt in doubts.told(report.diagnosis, verbose=False).doubts]
    if says:
        more = f"; and {len(says) - MAX_DOUBTS} more, under Sources" if len(says) > MAX_DOUBTS else ""
        yield Note(label="do not trust", text=f"{'; '.join(says[:MAX_DOUBTS])}{more}")
    named = [branch.cause.id for branch in contenders(report.diagnosis)]
    for again in report.past.recurrences:
        if again.id in named[:1] and again.runs > 1:
            yield Note(label="again" if again.episodes > 1 else "still", text=_again(again))
    if report.since is not None:
        since = nameless(changes_words.headline(report.since), report.diagnosis.snapshot)
        yield Note(label=report.since.trend.value, text=f"since the last report: {since}")
    if report.sequence is not None and report.sequence.steps:
        stages = ", then ".join(step.stage for step in report.sequence.steps)
        yield Note(label="sequence", text=f"{stages}: how a service with a hidden limit fails")
    if report.headroom is not None and report.headroom.tightest is not None and named:
        yield Note(
            label="headroom",
            text=nameless(headroom_words.headline(report.headroom), report.headroom.snapshot),
        )
    if report.past.trouble:
        yield Note(label="history", text=report.past.trouble)


def _again(again: Recurrence) -> str:
    """Return how often the first cause came, as far as the history goes back, or how long it is there."""
    if again.episodes == 1:
        return f"found in {count(again.runs, 'report')} since {moment(again.first_seen)}"
    often = f"{count(again.episodes, 'episode')} in {count(again.of, 'report')}"
    after = f"; the latest began after {again.last_mark.text!r}" if again.last_mark else ""
    flaps = ", coming and going" if again.flapping else ""
    return f"{often} since {moment(again.first_seen)}{flaps}{after}"
