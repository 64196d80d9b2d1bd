"""Readings of transactions and statements: the longest ones, and those that persist in both samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastdiag.collectors.postgres.rows import Backend, Prepared
from fastdiag.collectors.postgres.samples import Samples, grouped, labels, oldest, window
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Part

_SIGNALS: Final = (
    "db.transactions.longest",
    "db.transactions.idle.longest",
    "db.queries.longest",
    "db.queries.slow",
)


def report_transactions(
    sink: Sink, samples: Samples, prepared: Prepared | Missing | None, slow_s: float
) -> None:
    """Write db.transactions.* and db.queries.*; ``slow_s`` is $slow."""
    blind = samples.blind_spot
    if blind:
        for signal in _SIGNALS:
            sink.missing(signal, blind.reason, blind.detail)
        return
    _report_longest_transaction(sink, samples, prepared)
    _report_longest_idle(sink, samples)
    _report_longest_query(sink, samples)
    _report_slow_queries(sink, samples, slow_s)


def _report_longest_transaction(sink: Sink, samples: Samples, prepared: Prepared | Missing | None) -> None:
    _, last = samples.chosen(lambda backend: backend.xact_start is not None)
    parts = oldest(last, _transaction_age)
    if isinstance(prepared, Prepared) and prepared.oldest_s is not None:
        named = labels(pid="0", application="", client="", user="", state="prepared transaction")
        parts = sorted([*parts, Part(labels=named, value=prepared.oldest_s)], key=lambda part: -part.value)
    bias = f"without prepared transactions: {prepared.detail}" if isinstance(prepared, Missing) else None
    sink.reading("db.transactions.longest", _worst(parts), by=parts, bias=bias)


def _report_longest_idle(sink: Sink, samples: Samples) -> None:
    _, last = samples.chosen(lambda backend: backend.is_idle_in_transaction)
    parts = oldest(last, lambda backend: backend.since(backend.state_change))
    sink.reading("db.transactions.idle.longest", _worst(parts), by=parts)


def _report_longest_query(sink: Sink, samples: Samples) -> None:
    """Write the longest statement of the sample in which that is shorter: a passing one is no evidence."""
    first, last = (oldest(each, _statement_age) for each in samples.chosen(_runs_unlocked))
    shorter = min(last, first, key=_worst)
    sink.reading(
        "db.queries.longest",
        _worst(shorter),
        by=shorter,
        window=window(_worst(first), _worst(last), are_two=samples.are_two),
        bias=samples.bias,
    )


def _report_slow_queries(sink: Sink, samples: Samples, slow_s: float) -> None:
    first, last = samples.chosen(lambda each: _runs_unlocked(each) and _statement_age(each) > slow_s)
    fewer = min(last, first, key=len)
    sink.reading(
        "db.queries.slow",
        len(fewer),
        by=grouped(fewer, lambda each: labels(application=each.application, client=each.address)),
        window=window(len(first), len(last), are_two=samples.are_two),
        bias=samples.bias,
    )


def _runs_unlocked(backend: Backend) -> bool:
    return backend.is_running and not backend.waits_for_lock


def _statement_age(backend: Backend) -> float:
    return backend.since(backend.query_start)


def _transaction_age(backend: Backend) -> float:
    return backend.since(backend.xact_start)


def _worst(parts: Sequence[Part]) -> float:
    return parts[0].value if parts else 0.0
