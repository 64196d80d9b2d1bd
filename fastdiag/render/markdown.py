"""The same as the screen, for a ticket or a wiki: reads well rendered and as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from fastdiag.model.diagnosis import Diagnosis, Fact, RankedCause, Status, Verdict
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import Snapshot, SourceState
from fastdiag.render import doubts
from fastdiag.render.frames import caught
from fastdiag.render.headline import headline
from fastdiag.render.holders import holder
from fastdiag.render.markup import block, code, link, plain
from fastdiag.render.outline import MAX_FULL, Branch, by_command, contenders, open_checks, outline, strongest
from fastdiag.render.sight import addressed, biases, cost, slowest_endpoint, unseen, worst_parts
from fastdiag.render.words import UNPROVEN, count, duration, filled, moment, percent, sureness, unfulfilled

Lines = Iterator[str]


def render(diagnosis: Diagnosis, also: Iterable[str] = ()) -> str:
    """Return the diagnosis as Markdown (CommonMark, and what GitHub and GitLab make of it).

    ``also`` are lines that stand between what is said and what it rests on.
    """
    said = (_head, _doubts, _symptoms, _causes, _ruled_out, _next_checks)
    rests_on = (_sources, _not_seen, _foot)
    before, after = (chain.from_iterable(one(diagnosis) for one in some) for some in (said, rests_on))
    return "\n".join((*before, *also, *after)) + "\n"


def _head(diagnosis: Diagnosis) -> Lines:
    snapshot = diagnosis.snapshot
    yield f"# {diagnosis.status.upper()}: {plain(headline(diagnosis))}"
    if snapshot.taken_at:
        yield ""
        over = format_value(snapshot.window_s, Unit.SECONDS)
        yield f"{plain(moment(snapshot.taken_at))}, over the last {over}"


def _doubts(diagnosis: Diagnosis) -> Lines:
    found = doubts.told(diagnosis, verbose=True).doubts
    if found:
        yield from _heading(doubts.TITLE)
    for doubt in found:
        yield f"- **{plain(doubt.says)}**. {plain(doubts.rest(doubt, diagnosis))}"


def _symptoms(diagnosis: Diagnosis) -> Lines:
    if not diagnosis.symptoms:
        return
    yield from _heading("Symptoms")
    for symptom in diagnosis.symptoms:
        told = (*(("reported",) if symptom.observed else ()), *map(code, symptom.evidence))
        numbers = f": {', '.join(told)}" if told else ""
        yield f"- **{symptom.severity}**: {plain(symptom.title)}{numbers}"
    worst = slowest_endpoint(diagnosis)
    if worst:
        yield f"- slowest: {code(worst)}"


def _causes(diagnosis: Diagnosis) -> Lines:
    branches = outline(diagnosis.causes)
    failures = [branch for branch in branches if branch.cause.kind is Kind.FAILURE]
    if failures:
        yield from _heading("Causes")
    named = contenders(diagnosis)
    for number, branch in enumerate(failures[:MAX_FULL], start=1):
        yield from _cause(number, branch, diagnosis.snapshot, is_named=branch in named)
    rest = [branch.cause for branch in failures[MAX_FULL:]]
    if rest:
        yield from _heading("Other possible causes")
        yield from map(_brief, rest)
    blind = [branch.cause for branch in branches if branch.cause.kind is Kind.VISIBILITY]
    if blind:
        yield from _heading("Blind spots")
        yield from map(_brief, blind)


def _cause(number: int, branch: Branch, snapshot: Snapshot, *, is_named: bool) -> Lines:
    cause = branch.cause
    if number > 1:
        yield ""
    yield f"### {number}. {plain(cause.title)}"
    yield ""
    yield f"**{cause.verdict.words}**, {sureness(cause)}. {_said(cause.why, snapshot)}"
    yield ""
    yield from _evidence(cause, snapshot, "")
    if cause.unproven:
        yield f"- caution: {UNPROVEN}"
    for line in caught(snapshot, cause):
        yield f"- caught: {code(line)}"
    for line in holder(snapshot, branch):
        yield f"- holder: {code(line)}"
    for line in worst_parts(snapshot, cause):
        yield f"- worst: {code(line)}"
    yield from _advice(cause, snapshot, is_named=is_named)
    for consequence in branch.consequences:
        yield from _consequence(consequence, snapshot, "")


def _advice(cause: RankedCause, snapshot: Snapshot, *, is_named: bool) -> Lines:
    for check in cause.check:
        yield "- check:"
        yield block(addressed(check.run, snapshot), "  ")
        yield f"  look for: {_said(check.look_for, snapshot)}"
    if cause.fix and is_named:  # what the headline does not name is not to be fixed yet
        yield f"- **fix now**: {_said(cause.fix.now, snapshot)}"
        yield f"- then: {_said(cause.fix.then, snapshot)}"
        yield f"- avoid: {_said(cause.fix.avoid, snapshot)}"
    if cause.references:
        yield f"- read: {', '.join(map(link, cause.references))}"


def _consequence(branch: Branch, snapshot: Snapshot, indent: str) -> Lines:
    yield f"{indent}- as a result: **{plain(branch.cause.title)}**, {percent(branch.cause.probability)}"
    yield from _evidence(branch.cause, snapshot, f"{indent}  ")
    for deeper in branch.consequences:
        yield from _consequence(deeper, snapshot, f"{indent}  ")


def _evidence(cause: RankedCause, snapshot: Snapshot, indent: str) -> Lines:
    for sign, facts in (("for", cause.supports), ("against", cause.contradicts)):
        for fact in strongest(facts):
            because, said = unfulfilled(fact.because, fact.said)
            yield f"{indent}- **{sign}**: {_said(because, snapshot)}: {code(said)}"
    for fact in cause.unknown:
        yield f"{indent}- not seen: {_said(fact.because, snapshot)}: {_reasons(fact)}"


def _reasons(fact: Fact) -> str:
    return ", ".join(f"{code(signal)} {plain(reason)}" for signal, reason in fact.reasons.items())


def _brief(cause: RankedCause) -> str:
    return f"- **{plain(cause.title)}**: {cause.verdict.words}, {sureness(cause)}"


def _ruled_out(diagnosis: Diagnosis) -> Lines:
    ruled_out = [other for other in diagnosis.others if other.verdict is Verdict.RULED_OUT]
    if not ruled_out or diagnosis.status is Status.OK:
        return
    yield from _heading("Ruled out")
    for other in ruled_out:
        why = f": {_said(other.because, diagnosis.snapshot)}" if other.because else ""
        yield f"- **{plain(other.title)}**{why}"


def _next_checks(diagnosis: Diagnosis) -> Lines:
    checks = open_checks(diagnosis)
    if checks:
        yield from _heading("To be surer")
    for run, together in by_command(checks):
        shown = (f"{_said(check.title, diagnosis.snapshot)} ({code(check.signal)})" for check in together)
        seconds = max(check.cost_s for check in together)
        yield f"- shows {'; '.join(shown)}; takes about {seconds:.0f} s:"
        yield block(addressed(run, diagnosis.snapshot), "  ")


def _sources(diagnosis: Diagnosis) -> Lines:
    yield from _heading("Sources")
    yield from map(_source, diagnosis.snapshot.sources)
    if not diagnosis.snapshot.sources:
        yield "- none: the values were given by hand"


def _source(state: SourceState) -> str:
    numbers = f", {count(state.readings, 'reading')} in {duration(state.seconds)}" if state.readings else ""
    target = f", {code(state.target)}" if state.target else ""
    trouble = "; ".join(code(text) for text in (state.error, state.hint) if text)
    return f"- **{state.status}**: {plain(state.name)}{numbers}{target}{f': {trouble}' if trouble else ''}"


def _not_seen(diagnosis: Diagnosis) -> Lines:
    doubtful, groups = biases(diagnosis.snapshot, told=diagnosis.snapshot.doubts), unseen(diagnosis.snapshot)
    if doubtful:
        yield from _heading("May mislead")
    for bias, signals in doubtful:
        yield f"- {_codes(signals)}: {plain(bias)}"
    if groups:
        yield from _heading("Not seen")
    for group in groups:
        yield f"- {len(group.signals)} {plain(group.why)}: {_codes(signal for signal, _ in group.signals)}"


def _foot(diagnosis: Diagnosis) -> Lines:
    if not diagnosis.snapshot.sources:
        return
    own = f"fastdiag {diagnosis.snapshot.fastdiag}".strip()
    yield ""
    yield f"{plain(own)} took {cost(diagnosis.snapshot)}, and changed nothing."


def _heading(title: str) -> Lines:
    yield ""
    yield f"## {title}"
    yield ""


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def _said(text: str, snapshot: Snapshot) -> str:
    return plain(filled(text, snapshot.parameters))
