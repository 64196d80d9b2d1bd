"""A cause, symptom or signal of the rule table, explained to a person."""

from __future__ import annotations

from typing import Final

from fastdiag.errors import FastdiagError, nearest
from fastdiag.model.quantity import Quantity
from fastdiag.model.rule import Cause, Evidence, Rulebook, Symptom
from fastdiag.model.signal import CollectorSource, MetricSource, PromqlSource, Signal, SignalSource
from fastdiag.render.paper import Paper

PLAIN_WIDTH: Final = 100


def render(
    name: str, book: Rulebook, *, width: int = PLAIN_WIDTH, color: bool = False, encoding: str = "utf-8"
) -> str:
    """Return what the table says of a cause, a symptom or a signal.

    Raises:
        FastdiagError: the table has nothing of that name; the nearest one is the hint.

    """
    paper = Paper(width=width, color=color, encoding=encoding)
    causes = {cause.id: cause for cause in book.causes}
    symptoms = {symptom.id: symptom for symptom in book.symptoms}
    if name in causes:
        _cause(paper, causes[name])
    elif name in symptoms:
        _symptom(paper, symptoms[name], book)
    elif name in book.catalogue.signals:
        _signal(paper, book.catalogue.signals[name], book)
    else:
        known = [*causes, *symptoms, *book.catalogue.signals]
        hint = nearest(name, known) or f"causes: {', '.join(causes)}; symptoms: {', '.join(symptoms)}"
        raise FastdiagError(f"the rule table has no cause, symptom or signal {name!r}", hint=hint)
    return paper.text()


def _cause(paper: Paper, cause: Cause) -> None:
    paper.row("", (f"{cause.title}  ({cause.id})", "bold"))
    paper.row("", cause.why)
    paper.row("Broken assumption  ", cause.assumption)
    paper.row("Explains           ", ", ".join(cause.explains))
    if cause.driven_by:
        paper.row("May be caused by   ", ", ".join(cause.driven_by))
    if cause.distorts:
        paper.row("Falsifies          ", ", ".join(cause.distorts))
    _evidence(paper, "Speaks for it", "+", cause.supports)
    _evidence(paper, "Speaks against it", "-", cause.contradicts)
    paper.heading("Check")
    for check in cause.check:
        paper.command("   ", check.run)
        paper.row("      look for: ", check.look_for)
    if cause.fix:
        paper.heading("Fix")
        paper.row("   now    ", cause.fix.now)
        paper.row("   then   ", cause.fix.then)
        paper.row("   avoid  ", cause.fix.avoid)
    if cause.references:
        paper.heading("Read on")
        for reference in cause.references:
            paper.command("   ", reference)


def _evidence(paper: Paper, title: str, sign: str, rows: tuple[Evidence, ...]) -> None:
    paper.heading(title)
    for row in rows:
        paper.row(f"   {sign} {row.weight:<9} ", f"{row.because}: {row.when.text}")


def _symptom(paper: Paper, symptom: Symptom, book: Rulebook) -> None:
    paper.row("", (f"{symptom.title}  ({symptom.id})", "bold"))
    paper.row("", symptom.means)
    seen = symptom.when.text if symptom.when else "only a person can tell: --symptom " + symptom.id
    paper.row("Holds when   ", seen)
    for level, condition in symptom.severity.items():
        paper.row(f"{level.capitalize():<12} ", condition.text)
    paper.heading("Suspects, in the order of suspicion")
    listed = list(symptom.suspects)
    listed += [c.id for c in book.causes if symptom.id in c.explains and c.id not in listed]
    for place, cause_id in enumerate(listed, 1):
        paper.row(f"   {place:>2}  ", f"{cause_id}: {book.cause(cause_id).title}")
    _parameters(paper, [symptom.when.text if symptom.when else ""], book)


def _parameters(paper: Paper, texts: list[str], book: Rulebook) -> None:
    quoted: dict[str, Quantity] = {
        name: value for name, value in book.parameters.items() if any(f"${name}" in text for text in texts)
    }
    if quoted:
        paper.heading("Parameters (yours to set in fastdiag.yaml)")
        for name, value in quoted.items():
            paper.row(f"   ${name} = ", value.text)


def _signal(paper: Paper, signal: Signal, book: Rulebook) -> None:
    paper.row("", (f"{signal.id}  ({signal.unit})", "bold"))
    paper.row("", signal.title)
    if signal.formula:
        paper.row("Computed as  ", str(signal.formula))
    if signal.sources:
        paper.heading("Sources")
        for source in signal.sources:
            paper.row("   ", _source(source))
    if signal.obtain:
        paper.heading("To see it")
        paper.command("   ", signal.obtain.run)
    paper.heading("Quoted by")
    for cause in book.causes:
        rows = [row for row in (*cause.supports, *cause.contradicts) if signal.id in row.when.text]
        for row in rows:
            paper.row("   ", f"{cause.id}: {row.when.text}")


def _source(source: SignalSource) -> str:
    match source:
        case MetricSource(metric=metric, library=library, kind=kind):
            return f"{kind} {metric} ({library})"
        case PromqlSource(promql=promql, library=library):
            return f"{promql} ({library})"
        case CollectorSource(collector=collector, needs=needs):
            return f"{collector}, needs {needs}" if needs else collector
