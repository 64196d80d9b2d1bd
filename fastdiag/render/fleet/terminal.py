"""A fleet on the screen: how many fare how and why, who stands out, and what makes them hard to compare."""

from __future__ import annotations

from typing import Final

from fastdiag.model.diagnosis import Status
from fastdiag.model.fleet import Fleet
from fastdiag.render.fleet import words
from fastdiag.render.paper import Paper
from fastdiag.render.terminal import STATUS_STYLES
from fastdiag.render.words import count

DEFAULT_WIDTH: Final = 80
_STATUS_WIDTH: Final = max(map(len, Status))
_NUMBER_WIDTH: Final = 5


def render(
    fleet: Fleet,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
    verbose: bool = False,
) -> str:
    """Return the screen. ``verbose`` names every host, and tells everything by which some stand out."""
    paper = Paper(width=width, color=color, encoding=encoding)
    word = f"{fleet.status.upper()}  "
    paper.row((word, STATUS_STYLES[fleet.status]), (words.headline(fleet), "bold"))
    if taken := words.moments(fleet):
        paper.row(" " * len(word), (taken, "dim"))
    _write_groups(paper, fleet, verbose=verbose)
    _write_causes(paper, fleet, verbose=verbose)
    _write_oddities(paper, fleet, verbose=verbose)
    _write_partly(paper, fleet, verbose=verbose)
    _write_differences(paper, fleet, verbose=verbose)
    paper.blank()
    first = fleet.groups[0].members[0]
    paper.row("", (f"the file of one host alone, such as that of {first}, tells all about it", "dim"))
    return paper.text()


def _write_groups(paper: Paper, fleet: Fleet, *, verbose: bool) -> None:
    paper.heading("Hosts")
    for group in fleet.groups:
        lead = (_lead(group.status, len(group.members)), STATUS_STYLES[group.status])
        who = words.names(group.members, in_full=verbose)
        paper.row(lead, f"{words.group(group)}: ", (who, "dim"))
    for unread in fleet.unread:
        paper.row((_lead("unread", 1), "bold red"), f"{unread.name}: ", (unread.error, "dim"))


def _lead(word: str, number: int) -> str:
    return f"{word:<{_STATUS_WIDTH}}{number:>{_NUMBER_WIDTH}}  "


def _write_causes(paper: Paper, fleet: Fleet, *, verbose: bool) -> None:
    if not fleet.causes:
        return
    paper.heading("Causes that are at least likely")
    shown = fleet.causes if verbose else fleet.causes[: words.MAX_CAUSES]
    total = len(fleet.members)
    shares = [f"{len(cause.members)} of {total}" for cause in shown]
    for share, cause in zip(_aligned(shares), shown, strict=True):
        who = f": {words.names(cause.members, in_full=verbose)}" if len(cause.members) < total else ""
        paper.row((share, "bold"), cause.title, (who, "dim"))
    _write_left(paper, len(fleet.causes) - len(shown), "other cause")


def _write_oddities(paper: Paper, fleet: Fleet, *, verbose: bool) -> None:
    shown = words.shown(fleet, in_full=verbose)
    if not shown:
        return
    paper.heading("Who stands out")
    for share, oddity in zip(_aligned([words.share(one) for one in shown]), shown, strict=True):
        who = words.outliers(oddity, in_full=verbose)
        paper.row((share, "bold yellow"), f"{words.oddity(oddity, fleet)}: ", who)
    _write_left(paper, len(fleet.oddities) - len(shown), "other signal")


def _aligned(shares: list[str]) -> list[str]:
    width = max(map(len, shares))
    return [f"{share:>{width}}  " for share in shares]


def _write_left(paper: Paper, left: int, noun: str) -> None:
    if left:
        paper.row("", (f"and {count(left, noun)} (-v)", "dim"))


def _write_partly(paper: Paper, fleet: Fleet, *, verbose: bool) -> None:
    if not fleet.partly:
        return
    shown = fleet.partly if verbose else fleet.partly[: words.MAX_PARTLY]
    paper.heading("Seen by some only")
    for partly in shown:
        paper.row("- ", words.partly(partly, in_full=verbose), (f"; {partly.why}", "dim"))
    _write_left(paper, sum(len(one.signals) for one in fleet.partly[len(shown) :]), "other signal")


def _write_differences(paper: Paper, fleet: Fleet, *, verbose: bool) -> None:
    if fleet.differences or fleet.sources:
        paper.heading("In what they differ")
    for difference in fleet.differences:
        paper.row((f"{difference.what}  ", "yellow"), words.difference(difference, in_full=verbose))
    for source in fleet.sources:
        paper.row((f"source {source.what}  ", "dim"), words.difference(source, in_full=verbose))
