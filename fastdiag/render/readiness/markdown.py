"""The checklist for a ticket or a wiki: reads well rendered and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fastdiag.model.checklist import Answer
from fastdiag.model.readiness import Checkup
from fastdiag.model.snapshot import SourceStatus
from fastdiag.render.markup import block, code, link, plain
from fastdiag.render.readiness import words

Lines = Iterator[str]


def render(checkup: Checkup) -> str:
    """Return the checklist as Markdown (CommonMark with the tables of GitHub and GitLab)."""
    sections = (_head, _groups, _hint, _sources)
    return "\n".join(chain.from_iterable(section(checkup) for section in sections)) + "\n"


def _head(checkup: Checkup) -> Lines:
    yield f"# Readiness: {plain(words.headline(checkup))}"
    yield ""
    yield plain(words.looked_at(checkup))


def _groups(checkup: Checkup) -> Lines:
    for name, answers in words.groups(checkup):
        yield ""
        yield f"## {plain(name)}"
        yield ""
        for answer in answers:
            yield from _answer(answer)


def _answer(answer: Answer) -> Lines:
    yield f"- **{answer.verdict}**: {plain(answer.item.title)} ({code(answer.item.id)})"
    for one in words.telling(answer, verbose=True):
        word = {True: "for", False: "against", None: "not known"}[one.speaks]
        yield f"  - {word}: {plain(words.said(one))}"
    told = words.to_do(answer)
    if told:
        advice, _, lines = told[1].partition("\n")
        yield f"  - {told[0]}: {plain(advice)}"
        if lines:
            yield block(lines, "    ")
    if told and answer.item.references:
        yield f"  - {', '.join(map(link, answer.item.references))}"


def _hint(checkup: Checkup) -> Lines:
    hint = words.attest_hint(checkup)
    if hint:
        yield ""
        yield "What no machine sees, somebody may vouch for in fastdiag.yaml:"
        yield ""
        yield from (f"    {line}" for line in hint.splitlines())


def _sources(checkup: Checkup) -> Lines:
    yield ""
    yield "## Sources"
    yield ""
    for state in checkup.sources:
        trouble = "; ".join(code(text) for text in (state.error, state.hint) if text)
        is_told = state.status is not SourceStatus.OK and trouble
        yield f"- **{state.status}**: {plain(state.name)}{f': {trouble}' if is_told else ''}"
    if not checkup.sources:
        yield "- none: only the code was looked at"
