"""The first page of the live screen: verdict, causes over time, key signals, sources, cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import Kind, Severity
from fastdiag.model.watching import Watched
from fastdiag.render.headline import headline
from fastdiag.render.paper import Paper, Piece
from fastdiag.render.terminal import STATUS_STYLES
from fastdiag.render.terminal_causes import VERDICT_STYLES
from fastdiag.render.watch.rows import CauseRow, SignalRow, cause_rows, signal_rows, span_of
from fastdiag.render.watch.sheet import LABEL_CELLS, Sheet
from fastdiag.render.watch.sparkline import sparkline, top_of
from fastdiag.render.watch.words import clock, cost_line, sources_line, span
from fastdiag.render.words import count, percent

_HEAD_LINES: Final = 4
_TAIL_LINES: Final = 2
"""At most of each entry below the signals."""
_LEAST_ROWS: Final = 3
_SPACIOUS: Final = 20
"""Lines from which on sections stand apart."""
_PERCENT_CELLS: Final = 4
_VALUE_CELLS: Final = 8


def overview(watched: Watched, sheet: Sheet, room: int) -> Sequence[str]:
    """Return at most ``room`` lines."""
    head = sheet.lines(lambda paper: _write_verdict(paper, watched))[:_HEAD_LINES]
    head += sheet.lines(lambda paper: _write_moment(paper, watched))[:1]
    if watched.diagnosis is not None and watched.trouble:
        head += sheet.entry("No look", watched.trouble, 1)
    head += _symptoms(watched, sheet)
    tail = _tail(watched, sheet)
    causes, signals = cause_rows(watched), signal_rows(watched)
    gap = [""] if room >= _SPACIOUS else []
    left = room - len(head) - len(tail) - 3 * len(gap)
    for_causes = min(len(causes) + 1, max(left - len(signals) - 1, left // 2))
    sections = (
        _causes(causes, watched, sheet, for_causes),
        _signals(signals, watched, sheet, left - for_causes),
        tail,
    )
    return [*head, *(line for section in sections if section for line in (*gap, *section))]


def _write_verdict(paper: Paper, watched: Watched) -> None:
    diagnosis = watched.diagnosis
    if diagnosis is not None:
        word = f"{diagnosis.status.upper()}  "
        paper.row((word, STATUS_STYLES[diagnosis.status]), (headline(diagnosis), "bold"))
    elif watched.trouble:
        paper.row(("NO LOOK  ", "bold magenta"), (watched.trouble, "bold"))
    else:
        paper.row(("LOOKING  ", "bold"), f"for the first time; {watched.progress or 'starting'}")


def _write_moment(paper: Paper, watched: Watched) -> None:
    said: list[Piece] = [("PAUSED  ", "bold yellow")] if watched.is_paused else []
    paper.row("", *said, ("; ".join(_moment(watched)), "dim"))


def _moment(watched: Watched) -> list[str]:
    """Return when was looked, since when it is so, and when is looked next."""
    said = []
    diagnosis = watched.diagnosis
    if diagnosis is not None and watched.looks:
        over = format_value(diagnosis.snapshot.window_s, Unit.SECONDS)
        told = [look.at for look in watched.looks if look.status is not None]
        said += [f"{clock(at)} UTC, over {over}" for at in told[-1:]]
        if watched.status_since is not None:
            said.append(f"{diagnosis.status} since {clock(watched.status_since)}")
    if watched.is_looking and (diagnosis is not None or watched.trouble):
        said.append("looking")
    elif watched.next_at is not None and not watched.is_paused:
        said.append(f"next look {clock(watched.next_at)}")
    return said


def _symptoms(watched: Watched, sheet: Sheet) -> list[str]:
    symptoms = watched.diagnosis.symptoms if watched.diagnosis else ()
    if not symptoms:
        return []
    is_critical = any(symptom.severity is Severity.CRITICAL for symptom in symptoms)
    said = sheet.fit("; ".join(symptom.title for symptom in symptoms), sheet.width - LABEL_CELLS)
    style = "red" if is_critical else "yellow"
    return sheet.lines(lambda paper: paper.row(("Symptoms  ", "bold"), (said, style)))


def _causes(rows: Sequence[CauseRow], watched: Watched, sheet: Sheet, room: int) -> list[str]:
    if not rows:
        said = "Causes    none is possible" if watched.diagnosis else ""
        return sheet.lines(lambda paper: paper.row("", (said, "dim"))) if said and room > 0 else []
    fits = max(1, room - 1)
    at = next((number for number, row in enumerate(rows) if row.id == watched.chosen), 0)
    first = max(0, min(at - fits // 2, len(rows) - fits))
    shown = rows[first : first + fits]
    more = f"  {first + 1}-{first + len(shown)} of {len(rows)}" if len(shown) < len(rows) else ""

    def write(paper: Paper) -> None:
        _write_heading(paper, f"Causes{more}", watched, sheet)
        for row in shown:
            _write_cause(paper, row, sheet, is_chosen=row.id == watched.chosen)

    return sheet.lines(write)


def _write_heading(paper: Paper, title: str, watched: Watched, sheet: Sheet) -> None:
    """Write a title, and over the courses how far back they reach."""
    reach = span_of(watched.looks, sheet.course_cells)
    over = f"last {span(reach)}" if reach is not None else ""
    paper.row("", (sheet.fit(title, sheet.before_course), "bold"), (over.rjust(sheet.course_cells), "dim"))


def _write_cause(paper: Paper, row: CauseRow, sheet: Sheet, *, is_chosen: bool) -> None:
    style = VERDICT_STYLES[row.verdict] if row.verdict is not None and row.kind is Kind.FAILURE else "dim"
    indent = "  " * row.depth
    corner = f"{indent[2:]}{sheet.glyphs.corner} " if row.depth else ""
    name = sheet.fit(f"{corner}{row.title}", sheet.name_cells)
    course = sparkline(row.course, sheet.course_cells, 1.0, sheet.glyphs.steps)
    now = "?" if row.probability is None else percent(row.probability)
    word = row.verdict.words if row.verdict is not None else "no longer"
    beside = f"{now:>{_PERCENT_CELLS}}{f'  {word}' if sheet.is_wide else ''}"
    lead = ("> ", "bold reverse") if is_chosen else ("  ", "")
    pieces = (name, "bold" if is_chosen else _quiet(row)), "  ", (course, style), "  ", (beside, style)
    paper.row("", lead, *pieces)


def _quiet(row: CauseRow) -> str:
    return "" if row.kind is Kind.FAILURE else "dim"


def _signals(rows: Sequence[SignalRow], watched: Watched, sheet: Sheet, room: int) -> list[str]:
    shown = rows[: max(0, room - 1)]
    if not shown:
        return []
    more = f"  {len(shown)} of {len(rows)}" if len(shown) < len(rows) else ""

    def write(paper: Paper) -> None:
        _write_heading(paper, f"Signals{more}", watched, sheet)
        for row in shown:
            _write_signal(paper, row, sheet)

    return sheet.lines(write)


def _write_signal(paper: Paper, row: SignalRow, sheet: Sheet) -> None:
    course = sparkline(row.course, sheet.course_cells, top_of(row.course, row.unit), sheet.glyphs.steps)
    peak = max((value for value in row.course if value is not None), default=None)
    lead: tuple[Piece, ...] = ("  ", sheet.fit(row.id, sheet.name_cells), "  ", (course, "cyan"), "  ")
    if row.now is None:
        paper.row("", *lead, (sheet.fit(f"? {row.missing}", sheet.beside_cells), "dim"))
        return
    value = f"{format_value(row.now, row.unit):<{_VALUE_CELLS}}"
    most = f" max {format_value(peak, row.unit)}" if sheet.is_wide and peak is not None else ""
    paper.row("", *lead, (value, "bold"), (sheet.fit(most, sheet.beside_cells - len(value)), "dim"))


def _tail(watched: Watched, sheet: Sheet) -> list[str]:
    entries = [("Sources", sources_line(watched))]
    if watched.records_to is not None:
        kept = watched.records[-1] if watched.records else "nothing yet"
        entries.append(("Records", f"{kept} (in {watched.records_to})"))
    entries.append(("Cost", cost_line(watched.cost) if watched.looks else "not known before the first look"))
    if watched.notes:
        entries.append(("Notes", f"{count(len(watched.notes), 'note')}: press ?"))
    return [line for label, text in entries for line in sheet.entry(label, text, _TAIL_LINES)]
