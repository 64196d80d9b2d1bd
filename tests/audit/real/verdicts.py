"""The part of MEASURED.md that rests on reading: how many findings are right, and what is missed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.audit.real.record import Record
from tests.audit.real.sample import SEED, Found, Share
from tests.audit.real.sheets import Reading, ReadRoute, Verdict


def precision(record: Record, readings: Sequence[Reading]) -> Iterator[str]:
    yield "## How many findings are right"
    yield ""
    yield "Of each stratum (application, check and kind) about the square root of its findings is drawn by a"
    yield f"hash of the fingerprint and the seed `{SEED}`, and read in the source with the"
    yield "whole chain. *Right*: what the finding says of the code is true, and a reviewer would want to know"
    yield "it at that severity. *Debatable*: true, but of little use there. Only *right* counts as right."
    yield ""
    verdicts = {(one.application, one.fingerprint): one for one in readings}
    current = [
        verdicts[key] for one in record.sample if (key := (one.application, one.fingerprint)) in verdicts
    ]
    yield f"**{_share(current)}**"
    yield ""
    yield "One reader judged them, and mended what was found wrong: the first draw, made before that, is the"
    yield "figure that nothing has flattered. Later draws keep what did not change and add what came in."
    yield ""
    for number in sorted({draw for one in readings for draw in one.draws}):
        yield f"- draw {number}: {_tally([one for one in readings if number in one.draws])}"
    share = _weighted(record, verdicts)
    yield f"- weighted by the size of the strata: {share:.1%} right of all {_all(record)} findings"
    yield ""
    yield from _by("check", ((one.check, one) for one in current))
    yield from _by("application", ((one.application, one) for one in current))
    bad = [one for one in readings if one.verdict is not Verdict.RIGHT]
    if bad:
        yield "Not right, and what became of it:"
        yield ""
        alive = {(one.application, one.fingerprint) for one in record.sample}
        for one in bad:
            state = "stays" if (one.application, one.fingerprint) in alive else "mended"
            where = f"{one.application} {one.path}:{one.line}"
            yield f"- {one.verdict} ({state}): {where}, {one.check}: {one.why}"
        yield ""


def _by(word: str, rows: Iterable[tuple[str, Reading]]) -> Iterator[str]:
    yield f"| {word} | read | right | debatable | wrong |"
    yield "|---|--:|--:|--:|--:|"
    table: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    for name, one in rows:
        table[name][one.verdict] += 1
    for name, numbers in sorted(table.items()):
        each = (numbers[Verdict.RIGHT], numbers[Verdict.DEBATABLE], numbers[Verdict.WRONG])
        yield f"| {name} | {sum(each)} | {' | '.join(map(str, each))} |"
    yield ""


def _share(read: Sequence[Reading]) -> str:
    return f"{Share(sum(one.verdict is Verdict.RIGHT for one in read), len(read))} right"


def _tally(read: Sequence[Reading]) -> str:
    numbers = Counter(one.verdict for one in read)
    return (
        f"{len(read)} read, {_share(read)}; {numbers[Verdict.WRONG]} wrong,"
        f" {numbers[Verdict.DEBATABLE]} debatable"
    )


def _all(record: Record) -> int:
    return sum(one.findings for one in record.applications)


def _weighted(record: Record, verdicts: dict[tuple[str, str], Reading]) -> float:
    """Return the share that is right if every stratum is as its sample."""
    sizes: Counter[tuple[str, str, str]] = Counter()
    for one in record.applications:
        for count in one.counts:
            sizes[one.application, count.check, count.kind] += count.number
    drawn: defaultdict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for found in record.sample:
        reading = verdicts.get((found.application, found.fingerprint))
        if reading is not None:
            drawn[found.stratum].append(reading.verdict is Verdict.RIGHT)
    known = sum(sizes[stratum] for stratum in drawn)
    return sum(sizes[stratum] * sum(right) / len(right) for stratum, right in drawn.items()) / max(known, 1)


def unread(record: Record, readings: Sequence[Reading]) -> list[Found]:
    """Return what was drawn and has no verdict."""
    known = {(one.application, one.fingerprint) for one in readings}
    return [one for one in record.sample if (one.application, one.fingerprint) not in known]


def recall(routes: Sequence[ReadRoute]) -> Iterator[str]:
    found, mended, missed = (
        sum(len(faults) for faults in each)
        for each in zip(*((one.found, one.mended, one.missed) for one in routes), strict=True)
    )
    every = found + mended + missed
    yield "## What the audit misses"
    yield ""
    yield f"{len(routes)} asynchronous routes, drawn by the look of their decorators, were read with all that"
    yield "they call, for blocking calls, missing timeouts, sessions held, endless answers, state and tasks."
    yield f"Faults there: {every}. When they were read, the audit had {Share(found, every)};"
    yield f"{mended} more since, for a check was mended: {Share(found + mended, every)}."
    yield "Faults of one route are often alike: the true intervals are wider."
    yield ""
    yield "| application | route | found | found since | missed |"
    yield "|---|---|--:|--:|--:|"
    for one in routes:
        numbers = f"{len(one.found)} | {len(one.mended)} | {len(one.missed)}"
        yield f"| {one.application} | {one.function} ({one.path}:{one.line}) | {numbers} |"
    yield ""
    yield "Missed:"
    yield ""
    for one in routes:
        yield from (f"- {one.application}, {one.function}: {what}" for what in one.missed)
