"""Many small questions in few queries: a server spends more on a query than on what these ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import quote_plus

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer, Series
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.promql import labelled
from fastdiag.model.signal import Reason

NUMBER: Final = "fd_q"
"""Label that says which question of a batch a row answers."""
MAX_BATCH: Final = 30
MAX_BATCH_BYTES: Final = 6000
"""Proxies refuse addresses of more than 8 kB; this is the length of a query in one."""


@dataclass(frozen=True, slots=True)
class Question:
    """An expression at a moment of the server's clock; ``is_heavy`` ones are asked by themselves."""

    query: str
    at: float
    is_heavy: bool = False


Result = Answer | SourceFailed
_Numbered = tuple[int, Question]


def ask_all(server: PrometheusServer, questions: Sequence[Question], until: float) -> list[Result]:
    """Return the answers in the order of the questions, at ``until`` at the latest.

    One bad expression spoils its batch: a batch that failed is halved until the bad one stands alone.
    """
    results: dict[int, Result] = {}
    batches = list(_batches(questions))
    while batches:
        halves: list[list[_Numbered]] = []
        for batch, result in zip(batches, _ask(server, batches, until), strict=True):
            if isinstance(result, SourceFailed) and len(batch) > 1 and result.reason is Reason.FAILED:
                halves += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
            else:
                results |= _divided(batch, result)
        batches = halves
    return [results[number] for number in range(len(questions))]


def _ask(server: PrometheusServer, batches: Iterable[Sequence[_Numbered]], until: float) -> list[Result]:
    calls: list[Callable[[], Answer]] = [
        partial(server.ask, _joined(batch), batch[0][1].at) for batch in batches
    ]
    return run_all(calls, until)


def _batches(questions: Sequence[Question]) -> Iterator[list[_Numbered]]:
    """Yield the heavy questions first, as they take longest, then batches of the others."""
    yield from ([one] for one in enumerate(questions) if one[1].is_heavy)
    open_batches: dict[float, list[_Numbered]] = {}
    for number, question in enumerate(questions):
        if question.is_heavy:
            continue
        batch = open_batches.setdefault(question.at, [])
        if batch and (len(batch) == MAX_BATCH or _length([*batch, (number, question)]) > MAX_BATCH_BYTES):
            yield batch
            batch = open_batches[question.at] = []
        batch.append((number, question))
    yield from filter(None, open_batches.values())


def _joined(batch: Sequence[_Numbered]) -> str:
    if len(batch) == 1:
        return batch[0][1].query
    return " or ".join(labelled(question.query, NUMBER, str(number)) for number, question in batch)


def _length(batch: Sequence[_Numbered]) -> int:
    return len(quote_plus(_joined(batch)))


def _divided(batch: Sequence[_Numbered], result: Result) -> Mapping[int, Result]:
    if isinstance(result, SourceFailed) or len(batch) == 1:
        return {number: result for number, _ in batch}
    rows: dict[str, list[Series]] = {str(number): [] for number, _ in batch}
    for series in result.series:
        labels = {name: value for name, value in series.labels.items() if name != NUMBER}
        rows.setdefault(series.labels.get(NUMBER, ""), []).append(replace(series, labels=labels))
    return {number: Answer(tuple(rows[str(number)]), result.remarks) for number, _ in batch}
