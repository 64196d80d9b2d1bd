"""A comparison for a ticket or a pull request: reads well rendered and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fastdiag.model.changes import CauseChange, Changes, SignalChange
from fastdiag.model.signal import Catalogue
from fastdiag.render.changes import words
from fastdiag.render.markup import code, plain
from fastdiag.render.words import filled

Lines = Iterator[str]


def render(changes: Changes, catalogue: Catalogue) -> str:
    """Return what changed as Markdown (CommonMark with the tables of GitHub and GitLab)."""
    sections = (
        _head(changes),
        _causes(changes, catalogue),
        _symptoms(changes),
        _signals(changes),
        _sight(changes),
    )
    return "\n".join(chain.from_iterable(sections)) + "\n"


def _head(changes: Changes) -> Lines:
    yield f"# {changes.trend.capitalize()}: {plain(words.headline(changes))}"
    yield ""
    yield plain(words.moments(changes))
    for note in changes.notes:
        yield f"- **caution**: {plain(note)}"


def _causes(changes: Changes, catalogue: Catalogue) -> Lines:
    if changes.causes:
        yield from _heading("Causes")
    for change in changes.causes:
        yield from _cause(change, changes, catalogue)


def _cause(change: CauseChange, changes: Changes, catalogue: Catalogue) -> Lines:
    moved = f"{plain(words.shift(change))}, {words.verdicts(change)}"
    yield f"- **{plain(change.title)}** ({code(change.id)}): {moved}"
    for driver in change.drivers:
        said = filled(words.finding(driver), changes.after.snapshot.parameters)
        sign = "for it" if driver.push > 0 else "against it"
        yield f"  - {sign}: {plain(said)}: {code(words.numbers(driver, catalogue))}"


def _symptoms(changes: Changes) -> Lines:
    if changes.symptoms:
        yield from _heading("Symptoms")
    for change in changes.symptoms:
        yield f"- **{words.MOVES[change.move]}**: {plain(change.title)}"


def _signals(changes: Changes) -> Lines:
    if not changes.signals:
        return
    yield from _heading("Signals")
    yield "| signal | before | after | | threshold |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for change in changes.signals:
        yield _row(change, changes)


def _row(change: SignalChange, changes: Changes) -> str:
    before, _, after = words.values(change).partition(" -> ")
    crossed = filled(words.crossed(change), changes.after.snapshot.parameters)
    doubt = f" (may mislead: {change.doubt})" if change.doubt else ""
    cells = (
        code(change.id),
        plain(before),
        plain(after),
        plain(words.factor(change)),
        plain(f"{crossed}{doubt}"),
    )
    return f"| {' | '.join(cells)} |"


def _sight(changes: Changes) -> Lines:
    seen = words.unseen(changes, in_full=True)
    if seen or changes.sources:
        yield from _heading("Not comparable")
    for title, names in seen:
        yield f"- {title}: {plain(names)}"
    for change in changes.sources:
        yield f"- source {plain(words.source(change))}"


def _heading(title: str) -> Lines:
    yield ""
    yield f"## {title}"
    yield ""
