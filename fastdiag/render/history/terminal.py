"""A history on the screen: what recurs, then runs and marks in order of time, the newest first."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len, set_cell_size

from fastdiag.model.diagnosis import Status
from fastdiag.model.history import Mark, Run
from fastdiag.model.moment import seconds_of
from fastdiag.model.timeline import Timeline
from fastdiag.redact import disarm
from fastdiag.render.history import words
from fastdiag.render.paper import Paper
from fastdiag.render.words import moment

DEFAULT_WIDTH: Final = 80
_STYLES: Final = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.CRITICAL: "bold red",
    Status.INCONCLUSIVE: "magenta",
}
_MOMENT_WIDTH: Final = 19
_WIDE: Final = 100
_WIDE_NAME: Final = 20
_NARROW_NAME: Final = 12
"""Columns of a host or a service; what is longer is cut."""
_OCCASION_WIDTH: Final = 7
_STATUS_WIDTH: Final = 12


def render(
    timeline: Timeline, *, width: int = DEFAULT_WIDTH, color: bool = False, encoding: str = "utf-8"
) -> str:
    """Return the screen."""
    paper = Paper(width=width, color=color, encoding=encoding)
    if not timeline.runs and not timeline.marks:
        paper.row("", words.EMPTY)
        paper.row("", (timeline.where, "dim"))
        return paper.text()
    paper.row("", (words.summary(timeline), "bold"))
    paper.row("", (timeline.where, "dim"))
    _write_recurring(paper, timeline)
    _write_runs(paper, timeline)
    return paper.text()


def _write_recurring(paper: Paper, timeline: Timeline) -> None:
    several = len({run.service for run in timeline.runs}) > 1
    for service, recurrences in timeline.recurrences:
        paper.heading(f"What recurs in {service}" if several else "What recurs")
        for one in recurrences:
            style = "bold red" if one.is_present else "bold"
            paper.row("", (one.title, style), f"  {words.frequency(one)}")
            paper.row("   ", (words.span(one), "dim"))


def _write_runs(paper: Paper, timeline: Timeline) -> None:
    paper.heading("Timeline, the newest first (UTC)")
    id_width = max((len(str(run.id)) for run in timeline.runs), default=1)
    names = _Names(timeline, _WIDE_NAME if paper.width >= _WIDE else _NARROW_NAME)
    for one in _in_order(timeline):
        at = one.taken_at if isinstance(one, Run) else one.at
        when = f"{moment(at).removesuffix(' UTC'):<{_MOMENT_WIDTH}}  "
        match one:
            case Run():
                _write_run(paper, one, f"{one.id:>{id_width}}  {when}{names.of(one)}", " " * (id_width + 2))
            case Mark():
                whose = f"  ({one.service})" if names.has_services and one.service else ""
                paper.row(f"{'':>{id_width}}  {when}", (f"* {one.text}", "bold cyan"), (whose, "dim"))
    if timeline.more:
        paper.row("", ("and older ones (--limit, --since)", "dim"))


def _write_run(paper: Paper, run: Run, lead: str, indent: str) -> None:
    """Write a run in one line, or what it found in a second one where there is no room beside it."""
    lead += f"{run.occasion:<{_OCCASION_WIDTH}}  "
    status = (f"{run.status:<{_STATUS_WIDTH}}", _STYLES[run.status])
    found = words.found(run)
    if paper.width - cell_len(lead) - _STATUS_WIDTH - 2 >= cell_len(found):
        paper.row(lead, status, f"  {found}")
    else:
        paper.row(lead, status)
        paper.row(indent, found)


class _Names:
    """Columns for services and hosts, where there is more than one of them."""

    def __init__(self, timeline: Timeline, at_most: int) -> None:
        services = {_cut(run.service, at_most) for run in timeline.runs}
        hosts = {_cut(run.host, at_most) for run in timeline.runs}
        self.has_services = len(services) > 1
        self._service_width = max(map(cell_len, services)) if self.has_services else 0
        self._host_width = max(map(cell_len, hosts)) if len(hosts) > 1 else 0

    def of(self, run: Run) -> str:
        """Return the columns of a run."""
        return _column(run.service, self._service_width) + _column(run.host, self._host_width)


def _column(name: str, width: int) -> str:
    return f"{set_cell_size(_cut(name, width), width)}  " if width else ""


def _cut(name: str, at_most: int) -> str:
    safe = disarm(name)
    return safe if cell_len(safe) <= at_most else f"{set_cell_size(safe, at_most - 1)}…"


def _in_order(timeline: Timeline) -> list[Run | Mark]:
    """Return runs and marks, the newest first; of one second, the run is what followed the mark."""
    dated: list[tuple[float, bool, int, Run | Mark]] = [
        *((seconds_of(run.taken_at) or 0, True, run.id, run) for run in timeline.runs),
        *((seconds_of(mark.at) or 0, False, mark.id, mark) for mark in timeline.marks),
    ]
    return [one for *_, one in sorted(dated, key=lambda row: row[:3], reverse=True)]
