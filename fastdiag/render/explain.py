"""A cause, symptom, limit or signal of the rule table, explained to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fastdiag.errors import FastdiagError, nearest
from fastdiag.model.audit import Check as AuditCheck
from fastdiag.model.rule import (
    Cause,
    Comparison,
    Condition,
    Evidence,
    Parameter,
    Rulebook,
    Symptom,
    signals_of,
)
from fastdiag.model.rule import comparisons as comparisons_of
from fastdiag.model.signal import CollectorSource, LogSource, MetricSource, PromqlSource, Signal, SignalSource
from fastdiag.render.explain_check import explain_check
from fastdiag.render.explain_limit import explain_limit
from fastdiag.render.paper import Paper
from fastdiag.render.sheet import Page, Sheet
from fastdiag.render.words import UNPROVEN

PLAIN_WIDTH: Final = 100
_MAX_SUGGESTED: Final = 6


def render(  # noqa: PLR0913 - the measures of a screen are three
    name: str,
    book: Rulebook,
    checks: Mapping[str, AuditCheck] | None = None,
    *,
    width: int = PLAIN_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
) -> str:
    """Return what the table says of a cause, symptom, limit, signal or check of the audit, for a screen.

    Raises:
        FastdiagError: the table has nothing of that name; the nearest one is the hint.

    """
    paper = Paper(width=width, color=color, encoding=encoding)
    _explain(paper, book.current(name), book, checks or {})
    return paper.text()


def render_markdown(name: str, book: Rulebook, checks: Mapping[str, AuditCheck] | None = None) -> str:
    """Return the same as Markdown. Raises likewise."""
    sheet = Sheet()
    _explain(sheet, book.current(name), book, checks or {})
    return sheet.text()


def _explain(paper: Page, name: str, book: Rulebook, checks: Mapping[str, AuditCheck]) -> None:
    """Write what bears a name; a cause and the check that finds it in source code may share one."""
    causes = {cause.id: cause for cause in book.causes}
    symptoms = {symptom.id: symptom for symptom in book.symptoms}
    limits = {limit.id: limit for limit in book.limits}
    if name in causes:
        _cause(paper, causes[name], book)
    elif name in symptoms:
        _symptom(paper, symptoms[name], book)
    elif name in limits:
        explain_limit(paper, limits[name], book)
    elif name in book.catalogue.signals:
        _signal(paper, book.catalogue.signals[name], book)
    elif name not in checks:
        known = "cause, symptom, limit, signal or check"
        raise FastdiagError(f"the rules have no {known} {name!r}", hint=_hint(name, book, checks))
    if name in checks:
        explain_check(paper, checks[name], is_beside_cause=name in causes)


def _hint(name: str, book: Rulebook, checks: Iterable[str]) -> str:
    """Return what was probably meant: ids with this text in them, else the nearest, else the way to all."""
    ids = [one.id for those in (book.causes, book.symptoms, book.limits) for one in those]
    ids += [check for check in checks if check not in ids]
    word = name.strip().lower().replace("_", "-")
    holding = [id_ for id_ in ids if word and word in id_]
    holding = holding or [id_ for id_ in book.catalogue.signals if word and word in id_]
    if holding:
        more = ", ..." if len(holding) > _MAX_SUGGESTED else ""
        return f"did you mean {' or '.join(holding[:_MAX_SUGGESTED])}{more}?"
    hint = nearest(word, ids) or nearest(name, book.catalogue.signals)
    return hint or f"causes are {', '.join(cause.id for cause in book.causes)}"


def _cause(paper: Page, cause: Cause, book: Rulebook) -> None:
    paper.row("", (f"{cause.title}  ({cause.id})", "bold"))
    paper.row("", cause.why)
    paper.row("Broken assumption  ", cause.assumption)
    if cause.layer:
        paper.row("Layer              ", cause.layer)
    if cause.mechanisms:
        paper.row("A case of          ", ", ".join(cause.mechanisms))
    paper.row("Explains           ", ", ".join(cause.explains))
    if cause.unproven:
        paper.row("Caution            ", UNPROVEN)
    if cause.driven_by:
        paper.row("May be caused by   ", ", ".join(cause.driven_by))
    if cause.distorts:
        paper.row("Falsifies          ", ", ".join(cause.distorts))
    _evidence(paper, "Speaks for it", "+", cause.supports)
    _evidence(paper, "Speaks against it", "-", cause.contradicts)
    _parameters(paper, (row.when for row in (*cause.supports, *cause.contradicts)), book)
    _advice(paper, cause)


def _advice(paper: Page, cause: Cause) -> None:
    if cause.check:
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


def _evidence(paper: Page, title: str, sign: str, rows: tuple[Evidence, ...]) -> None:
    if rows:
        paper.heading(title)
    for row in rows:
        paper.row(f"   {sign} {row.weight:<9} ", f"{row.because}: {_bare(row.when)}")


def _bare(condition: Condition) -> str:
    """Return a condition as text; a group that stands alone needs no brackets."""
    is_group = not isinstance(condition, Comparison) and condition.text.startswith("(")
    return condition.text[1:-1] if is_group else condition.text


def _symptom(paper: Page, symptom: Symptom, book: Rulebook) -> None:
    paper.row("", (f"{symptom.title}  ({symptom.id})", "bold"))
    paper.row("", symptom.means)
    seen = _bare(symptom.when) if symptom.when else f"only a person can tell: --symptom {symptom.id}"
    paper.row("Holds when   ", seen)
    for level, condition in symptom.severity.items():
        paper.row(f"{level.capitalize():<12} ", _bare(condition))
    listed = list(symptom.suspects)
    listed += [c.id for c in book.causes if symptom.id in c.explains and c.id not in listed]
    if listed:
        paper.heading("Suspects, in the order of suspicion")
    for place, cause_id in enumerate(listed, 1):
        paper.row(f"   {place:>2}  ", f"{cause_id}: {book.cause(cause_id).title}")
    _parameters(paper, _conditions(symptom), book)


def _conditions(symptom: Symptom) -> Iterator[Condition]:
    if symptom.when is not None:
        yield symptom.when
    yield from symptom.severity.values()


def _parameters(paper: Page, conditions: Iterable[Condition], book: Rulebook) -> None:
    """Write the values in force of the parameters that conditions quote."""
    rights = [comparison.right for condition in conditions for comparison in comparisons_of(condition)]
    names = dict.fromkeys(right.name for right in rights if isinstance(right, Parameter))
    if names:
        paper.heading("Parameters (yours to set in fastdiag.yaml)")
    for name in names:
        paper.row(f"   ${name} = ", str(book.parameters[name]))


def _signal(paper: Page, signal: Signal, book: Rulebook) -> None:
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
    quoting = list(_quoting(signal.id, book))
    if quoting:
        paper.heading("Quoted by")
    for who, condition in quoting:
        paper.row("   ", f"{who}: {_bare(condition)}")


def _quoting(signal: str, book: Rulebook) -> Iterator[tuple[str, Condition]]:
    """Yield the symptoms and causes whose conditions quote a signal, with these conditions."""
    for symptom in book.symptoms:
        yield from ((symptom.id, when) for when in _conditions(symptom) if signal in signals_of(when))
    for cause in book.causes:
        rows = (*cause.supports, *cause.contradicts)
        yield from ((cause.id, row.when) for row in rows if signal in signals_of(row.when))


def _source(source: SignalSource) -> str:
    match source:
        case MetricSource(metric=metric, library=library, kind=kind):
            return f"{kind} {metric} ({library})"
        case PromqlSource(promql=promql, library=library):
            return f"{promql} ({library})"
        case CollectorSource(collector=collector, needs=needs):
            return f"{collector}, needs {needs}" if needs else collector
        case LogSource(pattern=pattern, library=library):
            return f"lines of a log with {pattern.regex} ({library})"
