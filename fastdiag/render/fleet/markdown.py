"""A fleet for a ticket or a chat: reads well rendered and as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from fastdiag.model.fleet import Fleet, Group
from fastdiag.render.fleet import words
from fastdiag.render.markup import code, plain

Lines = Iterator[str]


def render(fleet: Fleet) -> str:
    """Return the view as Markdown (CommonMark with the tables of GitHub and GitLab)."""
    sections = (_head, _groups, _causes, _oddities, _sight, _members)
    return "\n".join(chain.from_iterable(section(fleet) for section in sections)) + "\n"


def _head(fleet: Fleet) -> Lines:
    yield f"# {fleet.status.capitalize()}: {plain(words.headline(fleet))}"
    if taken := words.moments(fleet):
        yield ""
        yield plain(taken)


def _groups(fleet: Fleet) -> Lines:
    yield from _heading("Hosts")
    yield "| status | hosts | | |"
    yield "| --- | ---: | --- | --- |"
    yield from map(_group, fleet.groups)
    for unread in fleet.unread:
        yield _row(("**unread**", "1", plain(unread.error), plain(unread.name)))


def _group(group: Group) -> str:
    return _row(
        (f"**{group.status}**", str(len(group.members)), plain(words.group(group)), _names(group.members))
    )


def _causes(fleet: Fleet) -> Lines:
    if fleet.causes:
        yield from _heading("Causes that are at least likely")
    for cause in fleet.causes:
        share = f"{len(cause.members)} of {len(fleet.members)}"
        yield f"- **{plain(cause.title)}** ({code(cause.id)}): {share}"


def _oddities(fleet: Fleet) -> Lines:
    shown = words.shown(fleet)
    if shown:
        yield from _heading("Who stands out")
    for oddity in shown:
        who = plain(words.outliers(oddity))
        yield f"- **{words.share(oddity)}**: {plain(words.oddity(oddity, fleet))}: {who}"


def _sight(fleet: Fleet) -> Lines:
    if fleet.partly or fleet.differences or fleet.sources:
        yield from _heading("Not comparable")
    for partly in fleet.partly:
        yield f"- {plain(words.partly(partly))}; {plain(partly.why)}"
    for difference in fleet.differences:
        yield f"- {plain(difference.what)} differs: {plain(words.difference(difference))}"
    for source in fleet.sources:
        yield f"- source {plain(source.what)}: {plain(words.difference(source))}"


def _members(fleet: Fleet) -> Lines:
    yield from _heading("All hosts")
    yield _row(("host", "status", *words.VITALS))
    yield _row(("---", "---", *("---:" for _ in words.VITALS)))
    for member in fleet.members:
        yield _row((plain(member.name), member.diagnosis.status, *map(plain, words.vitals(member))))


def _names(members: tuple[str, ...]) -> str:
    return plain(words.names(members))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _heading(title: str) -> Lines:
    yield ""
    yield f"## {title}"
    yield ""
