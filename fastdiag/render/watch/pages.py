"""The other pages of the live screen: one cause with its whole ledger; keys, sources and notes in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.snapshot import SourceState
from fastdiag.model.watching import Watched
from fastdiag.render.headline import headline
from fastdiag.render.outline import Branch, outline
from fastdiag.render.paper import Paper
from fastdiag.render.terminal import SOURCE_STYLES, STATUS_STYLES
from fastdiag.render.terminal_causes import write_cause
from fastdiag.render.watch.rows import CauseRow, cause_rows, span_of
from fastdiag.render.watch.sheet import Sheet
from fastdiag.render.watch.sparkline import sparkline
from fastdiag.render.watch.words import clock, cost_line, span
from fastdiag.render.words import duration, percent

KEYS: Final = (
    ("q, Ctrl-C", "end; the terminal is left as it was"),
    ("p, space", "pause: nothing is asked until it is pressed again"),
    ("s", "save the last snapshot, for `fastdiag diagnose` and `fastdiag compare`"),
    ("up, down", "choose a cause; k and j do the same"),
    ("enter", "show the chosen cause with all its evidence, and go back; so do right, left and escape"),
    ("?, h", "show this page, and go back"),
    ("Ctrl-Z", "stop; `fg` goes on"),
)
_KEY_WIDTH: Final = 11
_STATUS_WIDTH: Final = 9
_MARGIN: Final = 4


def cause_page(watched: Watched, sheet: Sheet) -> list[str]:
    """Return the chosen cause with everything that is known of it, as many lines as that takes."""
    row = next((row for row in cause_rows(watched) if row.id == watched.chosen), None)
    diagnosis = watched.diagnosis
    if row is None or diagnosis is None:
        return sheet.lines(lambda paper: paper.row("", "This cause is not on the list any more."))
    branch = _find(outline(diagnosis.causes), row.id)

    def write(paper: Paper) -> None:
        _write_status(paper, diagnosis)
        _write_course(paper, row, watched, sheet)
        paper.blank()
        if branch is not None:
            write_cause(paper, diagnosis, branch)
        else:
            _write_gone(paper, row, diagnosis)

    return sheet.lines(write)


def _find(branches: Sequence[Branch], id_: str) -> Branch | None:
    for branch in branches:
        found = branch if branch.cause.id == id_ else _find(branch.consequences, id_)
        if found is not None:
            return found
    return None


def _write_status(paper: Paper, diagnosis: Diagnosis) -> None:
    word = f"{diagnosis.status.upper()}  "
    paper.row((word, STATUS_STYLES[diagnosis.status]), (headline(diagnosis), "dim"))


def _write_course(paper: Paper, row: CauseRow, watched: Watched, sheet: Sheet) -> None:
    """Write how likely the cause was at every look that fits the width."""
    cells = min(len(row.course), sheet.width - _MARGIN)
    seen = [value for value in row.course[-cells:] if value is not None]
    reach = span_of(watched.looks, cells)
    if not seen or reach is None:
        return
    paper.blank()
    paper.row("   ", (sparkline(row.course, cells, 1.0, sheet.glyphs.steps), "bold"))
    lowest, highest = percent(min(seen)), percent(max(seen))
    between = f"between {lowest} and {highest}" if lowest != highest else f"always {highest}"
    paper.row("   ", (f"over the last {span(reach)}, {between}", "dim"))


def _write_gone(paper: Paper, row: CauseRow, diagnosis: Diagnosis) -> None:
    judged = next((other for other in diagnosis.others if other.id == row.id), None)
    paper.row("   ", (row.title, "bold"))
    if judged is None:
        paper.row("   ", "was possible; the last look did not judge it")
        return
    why = f": {judged.because}" if judged.because else ""
    paper.row("   ", f"was possible; now {judged.verdict.words}, {percent(judged.probability)}{why}")


def help_page(watched: Watched, sheet: Sheet) -> list[str]:
    """Return the keys, and what has no room on the first page."""

    def write(paper: Paper) -> None:
        paper.row("", ("Keys", "bold"))
        for key, does in KEYS:
            paper.row(f"  {key:<{_KEY_WIDTH}}", does)
        _write_sources(paper, watched)
        _write_list(paper, "Notes", watched.notes)
        _write_list(paper, f"Records in {watched.records_to}", watched.records)
        paper.heading("Cost")
        paper.row("  ", cost_line(watched.cost))

    return sheet.lines(write)


def _write_sources(paper: Paper, watched: Watched) -> None:
    diagnosis = watched.diagnosis
    if diagnosis is None:
        return
    paper.heading("Sources")
    for state in diagnosis.snapshot.sources:
        _write_source(paper, state, watched)


def _write_source(paper: Paper, state: SourceState, watched: Watched) -> None:
    lasting = watched.sources.get(state.name)
    since = f" since {clock(lasting.since)}" if lasting else ""
    where = f" {state.target}" if state.target else ""
    numbers = f", {duration(state.seconds)}" if state.seconds else ""
    paper.row(
        (f"  {state.status:<{_STATUS_WIDTH}}", SOURCE_STYLES[state.status]),
        state.name,
        (f"{since}{numbers}{where}", "dim"),
    )
    trouble = "; ".join(text for text in (state.error, state.hint) if text)
    if trouble:
        paper.row(" " * (_STATUS_WIDTH + 2), trouble)


def _write_list(paper: Paper, title: str, entries: Sequence[str]) -> None:
    if entries:
        paper.heading(title)
    for entry in entries:
        paper.row("  ", entry)
