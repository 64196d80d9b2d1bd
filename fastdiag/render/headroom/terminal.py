"""Headroom on the screen: what breaks first, how far away it is, and what that is known from."""

from __future__ import annotations

from typing import Final

from fastdiag.model.headroom import Basis, Fit, Headroom, Scope, Standing, Sum
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.snapshot import SourceStatus
from fastdiag.render.headroom import words
from fastdiag.render.paper import Paper
from fastdiag.render.sight import cost
from fastdiag.render.words import moment, percent

DEFAULT_WIDTH: Final = 80
NEAR: Final = 2.0
"""Below this multiple it is said what to do, unasked."""
CLOSE: Final = 1.25
_MAX_ADVISED: Final = 3
_MULTIPLE_WIDTH: Final = 6
_FIT_WIDTH: Final = 15
_INDENT: Final = " " * (_MULTIPLE_WIDTH + 2)
_SCOPES: Final = {Scope.WORKER: "per worker", Scope.SERVICE: "", Scope.HOST: "", Scope.SERVER: "shared"}
_FIT_STYLES: Final = {Fit.FITS: "green", Fit.MISFIT: "bold red", Fit.UNKNOWN: "dim"}
_FAILED: Final = (SourceStatus.FAILED, SourceStatus.PARTIAL)


def render(
    headroom: Headroom,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return the screen. ``verbose`` adds to every limit where it is set and what its numbers are from."""
    paper = Paper(width=width, color=color, encoding=encoding)
    _write_head(paper, headroom)
    _write_limits(paper, headroom, verbose=verbose)
    _write_sums(paper, headroom, verbose=verbose)
    _write_unknown(paper, headroom, verbose=verbose)
    _write_dormant(paper, headroom)
    _write_sources(paper, headroom)
    return paper.text()


def _write_head(paper: Paper, headroom: Headroom) -> None:
    tightest = headroom.tightest
    style = _style(tightest) if tightest else "bold magenta"
    paper.row(("HEADROOM  ", style), (words.headline(headroom), "bold"))
    over = f"over the last {format_value(headroom.snapshot.window_s, Unit.SECONDS)}"
    taken = f"{moment(headroom.snapshot.taken_at)}, {over}, " if headroom.snapshot.taken_at else ""
    paper.row("", (f"{taken}{words.traffic(headroom)}", "dim"))


def _write_limits(paper: Paper, headroom: Headroom, *, verbose: bool) -> None:
    if not headroom.limits:
        return
    paper.heading("Limits, the tightest first")
    advised = 0
    for standing in headroom.limits:
        is_near = _is_near(standing) and advised < _MAX_ADVISED
        advised += is_near
        _write_limit(paper, standing, advise=is_near or verbose, verbose=verbose)
    paper.blank()
    paper.row("", (words.METHOD, "dim"))


def _write_limit(paper: Paper, standing: Standing, *, advise: bool, verbose: bool) -> None:
    style, limit = _style(standing), standing.limit
    lead = f"{words.multiple(standing):>{_MULTIPLE_WIDTH}}  "
    bar = (paper.bar(standing.utilization), style)
    full = f" {percent(standing.utilization):>4}  "
    told = [text for text in (words.share(standing), _SCOPES[limit.per]) if text]
    paper.row((lead, style), bar, full, (limit.title, "bold"), f"  {', '.join(told)}")
    origin = words.origin(standing) if verbose else words.sources(standing)
    paper.row(_INDENT, (f"{words.basis(standing)} · {origin}", "dim"))
    if time := words.time(standing):
        paper.row(_INDENT, time)
    for doubt in () if verbose else words.doubts(standing):
        paper.row((f"{_INDENT}may mislead  ", "yellow"), doubt)
    if advise:
        paper.row((f"{_INDENT}then   ", "dim"), limit.means)
        paper.row((f"{_INDENT}raise  ", "dim"), limit.raise_it)
        if limit.becomes:
            paper.command(f"{_INDENT}       ", f"fastdiag explain {limit.becomes}")
    if verbose:
        paper.row((f"{_INDENT}set by ", "dim"), limit.configured)


def _write_sums(paper: Paper, headroom: Headroom, *, verbose: bool) -> None:
    known = [one for one in words.sums(headroom) if one.fit is not Fit.UNKNOWN or one.numbers or verbose]
    if known:
        paper.heading("Settings that must go together")
    for one in known:
        _write_sum(paper, one, verbose=verbose)
    left = len(headroom.arithmetic) - len(known)
    if left and known:
        paper.row(" " * _FIT_WIDTH, (f"and {left} of which nothing was seen (-v)", "dim"))


def _write_sum(paper: Paper, one: Sum, *, verbose: bool) -> None:
    lead, indent = (f"{one.fit:<{_FIT_WIDTH}}", _FIT_STYLES[one.fit]), " " * _FIT_WIDTH
    paper.row(lead, (one.title, "bold" if one.fit is Fit.MISFIT else ""))
    paper.row(indent, (words.calculation(one), "dim" if one.fit is Fit.UNKNOWN else ""))
    if one.fit is Fit.MISFIT or verbose:
        paper.row(indent, (one.why, "dim"))


def _write_unknown(paper: Paper, headroom: Headroom, *, verbose: bool) -> None:
    groups = words.by_command(one for one in headroom.unknown if not words.is_none_here(one))
    if groups:
        paper.heading("Not known, and how to see it")
    for command, unknown in groups.items():
        paper.row("   ", ", ".join(one.limit.title for one in unknown))
        paper.row("      ", (command, "cyan"))
        for reason in words.reasons(unknown) if verbose else ():
            paper.row("      ", (reason, "dim"))


def _write_dormant(paper: Paper, headroom: Headroom) -> None:
    none_here = [one for one in headroom.unknown if words.is_none_here(one)]
    if headroom.dormant or none_here:
        paper.heading("No limits in the present state")
    for one in headroom.dormant:
        paper.row("   ", one.limit.title, (f"  {one.because}", "dim"))
    for absent in none_here:
        paper.row("   ", absent.limit.title, (f"  {'; '.join(words.reasons((absent,)))}", "dim"))


def _write_sources(paper: Paper, headroom: Headroom) -> None:
    sources = headroom.snapshot.sources
    groups = {status: [s.name for s in sources if s.status is status] for status in SourceStatus}
    said = "; ".join(f"{status}: {', '.join(names)}" for status, names in groups.items() if names)
    paper.blank()
    paper.row(("Sources  ", "bold"), said or "none: the values were given by hand")
    for state in sources:
        trouble = "; ".join(text for text in (state.error, state.hint) if text)
        if state.status in _FAILED and trouble:
            paper.row(f"         {state.name}: ", trouble)
    if sources:
        own = f"fastdiag {headroom.snapshot.fastdiag}".strip()
        paper.row("", (f"{own} took {cost(headroom.snapshot)}, and changed nothing", "dim"))


def _is_near(standing: Standing) -> bool:
    return standing.reach.multiple < NEAR if standing.reach else standing.utilization > 1 / NEAR


def _style(standing: Standing) -> str:
    room = standing.reach.multiple if standing.reach else NEAR if standing.utilization < 1 / CLOSE else CLOSE
    if standing.reach and standing.reach.basis is Basis.REACHED:
        return "bold red"
    return "red" if room < CLOSE else "yellow" if room < NEAR else "green"
