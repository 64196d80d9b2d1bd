"""The screen: the verdict first, then why, then what to do, then what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Status
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import Severity
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.render import doubts
from fastdiag.render.headline import headline
from fastdiag.render.outline import blind_symptoms, by_command, contenders, open_checks
from fastdiag.render.paper import Paper
from fastdiag.render.sight import addressed, biases, cost, quoted, slowest_endpoint, unseen, unseen_in_short
from fastdiag.render.terminal_causes import write_causes
from fastdiag.render.words import count, duration, filled, listed, moment

DEFAULT_WIDTH: Final = 80
_MAX_NAMED: Final = 3
_MAX_CHECKS: Final = 3
_FOOT_WIDTH: Final = 13

STATUS_STYLES: Final = {
    Status.OK: "bold green",
    Status.WARNING: "bold yellow",
    Status.CRITICAL: "bold red",
    Status.INCONCLUSIVE: "bold magenta",
}
_SEVERITY_STYLES: Final = {Severity.WARNING: "yellow", Severity.CRITICAL: "red"}
SOURCE_STYLES: Final = {
    SourceStatus.OK: "green",
    SourceStatus.PARTIAL: "yellow",
    SourceStatus.FAILED: "red",
    SourceStatus.SKIPPED: "dim",
}

_NO_TROUBLE: Final = (SourceStatus.OK, SourceStatus.SKIPPED)
"""What such a source would take to show more is no news in an incident: `fastdiag sources` tells it."""


def render(  # noqa: PLR0913 - what a screen is
    diagnosis: Diagnosis,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    verbose: bool = False,
    encoding: str = "utf-8",
    also: Callable[[Paper], None] = lambda _: None,
) -> str:
    """Return the diagnosis as text of at most ``width`` columns; only commands may be longer.

    ``color`` adds ANSI colours, which repeat what the words say. Where ``encoding`` has no block
    characters the bars are ASCII; everything that is returned can be encoded in it. ``also`` writes what
    stands between what is said and what it rests on.
    """
    paper = Paper(width=width, color=color, encoding=encoding)
    _write_headline(paper, diagnosis)
    _write_doubts(paper, diagnosis, verbose=verbose)
    _write_symptoms(paper, diagnosis, verbose=verbose)
    write_causes(paper, diagnosis, verbose=verbose)
    _write_next_checks(paper, diagnosis, verbose=verbose)
    also(paper)
    _write_sources(paper, diagnosis, verbose=verbose)
    _write_footer(paper, diagnosis, verbose=verbose)
    return paper.text()


def _write_headline(paper: Paper, diagnosis: Diagnosis) -> None:
    snapshot, status = diagnosis.snapshot, diagnosis.status
    word = f"{status.upper()}  "
    paper.row((word, STATUS_STYLES[status]), (headline(diagnosis), "bold"))
    if snapshot.taken_at:
        over = format_value(snapshot.window_s, Unit.SECONDS)
        paper.row(" " * len(word), (f"{moment(snapshot.taken_at)}, over the last {over}", "dim"))


def _write_doubts(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    found = doubts.told(diagnosis, verbose=verbose)
    if not found.doubts:
        return
    paper.heading(doubts.TITLE)
    for doubt in found.doubts:
        paper.row(("!  ", "bold yellow"), doubt.says, (f". {doubts.rest(doubt, diagnosis)}", "dim"))
    if found.folded:
        paper.row("   ", (found.folded, "dim"))


def _write_symptoms(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    unknown = diagnosis.unknown_symptoms if verbose else ()
    if not diagnosis.symptoms and not unknown:
        return
    paper.heading("Symptoms")
    in_short = frozenset() if verbose else blind_symptoms(diagnosis)
    for symptom in (found for found in diagnosis.symptoms if found.id not in in_short):
        told = (*(("reported",) if symptom.observed else ()), *symptom.evidence)
        lead = (f"{symptom.severity:<8}  ", _SEVERITY_STYLES[symptom.severity])
        paper.row(lead, symptom.title, (f": {'; '.join(told)}" if told else "", "dim"))
    worst = slowest_endpoint(diagnosis)
    if worst:
        paper.row(("slowest   ", "dim"), worst)
    if diagnosis.symptoms and not contenders(diagnosis):
        paper.command("suspects  ", f"fastdiag explain {diagnosis.symptoms[0].id}")
    if unknown:
        paper.row(("unknown   ", "dim"), (", ".join(unknown), "dim"))


def _write_next_checks(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    checks = open_checks(diagnosis)[: None if verbose else _MAX_CHECKS]
    if not checks:
        return
    paper.heading("To be surer")
    for run, together in by_command(checks):
        titles = "; ".join(f"{check.title} ({check.signal})" for check in together)
        shows = filled(titles, diagnosis.snapshot.parameters)
        seconds = max(check.cost_s for check in together)
        paper.command("   ", addressed(run, diagnosis.snapshot))
        paper.row("      ", f"shows {shows}", (f"; takes about {seconds:.0f} s", "dim"))


def _write_sources(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    sources = diagnosis.snapshot.sources
    if not sources or (diagnosis.status is Status.OK and not verbose):
        groups = {status: [s.name for s in sources if s.status is status] for status in SourceStatus}
        said = "; ".join(f"{status}: {', '.join(names)}" for status, names in groups.items() if names)
        paper.blank()
        paper.row((f"{'Sources':<{_FOOT_WIDTH}}", "bold"), said or "none: the values were given by hand")
        for source in sources:
            if source.status not in _NO_TROUBLE and (trouble := _trouble(source)):
                whose = f"{source.target}: " if source.target and source.target not in trouble else ""
                paper.row(f"{' ' * _FOOT_WIDTH}{source.name}: ", f"{whose}{trouble}")
        return
    paper.heading("Sources")
    name_width = max(len(source.name) for source in sources)
    in_full = verbose or not diagnosis.snapshot.readings
    for source in sources:
        _write_source(paper, source, name_width, in_full=in_full)
    if not in_full and any(source.hint for source in sources if source.status in _NO_TROUBLE):
        paper.row("", ("`fastdiag sources` tells what it takes to see more", "dim"))
    paper.blank()


def _write_source(paper: Paper, source: SourceState, name_width: int, *, in_full: bool) -> None:
    lead = (f"{source.status:<7}  ", SOURCE_STYLES[source.status])
    name = f"{source.name:<{name_width}}  "
    trouble = _trouble(source)
    if source.status is SourceStatus.SKIPPED:
        why = trouble if in_full else source.error
        paper.row(lead, name, (why or "nothing to look at", "dim"))
        return
    numbers = f"{count(source.readings, 'reading'):>11}  {duration(source.seconds):>6}  "
    paper.row(lead, name, numbers, (source.target or "", "dim"))
    if trouble and (in_full or source.status not in _NO_TROUBLE):
        paper.row(" " * len(lead[0]), trouble)


def _trouble(source: SourceState) -> str:
    return "; ".join(text for text in (source.error, source.hint) if text)


def _write_footer(paper: Paper, diagnosis: Diagnosis, *, verbose: bool) -> None:
    snapshot = diagnosis.snapshot
    told = doubts.told(diagnosis, verbose=verbose).doubts
    for bias, signals in biases(snapshot, None if verbose else quoted(diagnosis), told):
        named = listed(signals, at_most=None if verbose else _MAX_NAMED)
        paper.row((f"{'May mislead':<{_FOOT_WIDTH}}", "bold yellow"), f"{named}: {bias}")
    groups = unseen(snapshot)
    if groups:
        lead = (f"{'Not seen':<{_FOOT_WIDTH}}", "bold")
        paper.row(lead, f"{unseen_in_short(groups)}{'' if verbose else '; -v lists them'}")
    for signal, missing in (item for group in groups if verbose for item in group.signals):
        paper.row(" " * _FOOT_WIDTH, signal, (f"  {missing}", "dim"))
    if snapshot.sources:
        own = f"fastdiag {snapshot.fastdiag}".strip()
        paper.row("", (f"{own} took {cost(snapshot)}, and changed nothing", "dim"))
