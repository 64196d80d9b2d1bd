"""Readings of pg_stat_statements: how many statements, how long, and which stand out, from two samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.postgres.counters import MIN_GAP_S, NO_RATE, RESET, scope_bias
from fastdiag.collectors.postgres.grants import Lack, advice
from fastdiag.collectors.postgres.managed import provider_of
from fastdiag.collectors.postgres.queries import Extension
from fastdiag.collectors.postgres.rows import Limits, StatementCounts, StatementText
from fastdiag.collectors.postgres.samples import labels
from fastdiag.collectors.postgres.session import Session
from fastdiag.collectors.postgres.statement_text import shown
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Part, Reason

MAX_SHOWN: Final = 5
HIDDEN: Final = "the role may not see which statements other roles ran"
OURS_AT_MOST_S: Final = 0.05
"""A statement of ours takes less: one that was called as seldom as ours, and as short, may be ours."""
_SHARES: Final = ("db.queries.top.rate", "db.queries.top.share")
_SIGNALS: Final = ("db.queries.rate", "db.queries.mean", *_SHARES)
# https://www.postgresql.org/docs/release/: the servers that brought these versions of the extension.
_SHIPPED_WITH: Final = (((1, 9), 140000), ((1, 8), 130000))
_OLDEST: Final = 120000

StatementSample = Sequence[StatementCounts] | Missing | None
_Key = tuple[int, int]
"""A statement: its database and its query_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What ran between the samples.

    calls, seconds  of all statements, ours included
    ours            calls that were our own
    by_statement    calls and seconds of each one that is listed and was called
    hidden          whether some could not be told apart: the role may not see whose they are
    """

    gap_s: float
    calls: float
    seconds: float
    ours: int
    by_statement: Mapping[_Key, tuple[float, float]]
    hidden: bool

    @property
    def busiest(self) -> list[_Key]:
        """The statements, most called first."""
        return sorted(self.by_statement, key=lambda key: (-self.by_statement[key][0], key))

    @property
    def costliest(self) -> list[_Key]:
        """The statements, most execution time first."""
        return sorted(self.by_statement, key=lambda key: (-self.by_statement[key][1], key))

    @property
    def notable(self) -> list[int]:
        """The query_ids worth a text, the most notable first."""
        return list(dict.fromkeys(key[1] for key in (*self.costliest[:2], *self.busiest[:2])))


def find_extension(limits: Limits | Missing, server_version: int) -> Extension | Missing:
    """Return where pg_stat_statements is, or how to enable it."""
    if isinstance(limits, Missing):
        return limits
    if limits.statements_schema is None or not limits.statements_loaded:
        return Missing(Reason.ABSENT, _how_to_enable(limits, server_version))
    version = tuple(int(part) for part in (limits.statements_version or "").split(".") if part.isdecimal())
    fitting = [server for least, server in _SHIPPED_WITH if version >= least]
    return Extension(schema=limits.statements_schema, server_version=fitting[0] if fitting else _OLDEST)


def ask_statements(session: Session, extension: Extension | Missing) -> list[StatementCounts] | Missing:
    """Take a sample: at most 600 statements by id, without their texts."""
    if isinstance(extension, Missing):
        return extension
    return session.ask("statements", StatementCounts, extension=extension)


def ask_texts(session: Session, extension: Extension | Missing, ids: Sequence[int]) -> dict[int, str]:
    """Return the normalised texts of a few statements, as far as the server tells them."""
    if isinstance(extension, Missing) or not ids or not session.statements_left:
        return {}
    rows = session.ask("statement_texts", StatementText, {"ids": list(ids)[:MAX_SHOWN]}, extension)
    return {} if isinstance(rows, Missing) else {row.query_id: shown(row.query) for row in rows}


def compare(first: StatementSample, last: StatementSample, *, ours: int) -> Activity | Missing:
    """Return what ran between two samples, or why that cannot be said."""
    for sample in (last, first):
        if isinstance(sample, Missing):
            return sample
    if not first or not last or isinstance(first, Missing) or isinstance(last, Missing):
        return Missing(Reason.ABSENT, NO_RATE)
    gap_s = last[0].now - first[0].now
    calls, seconds = last[0].all_calls - first[0].all_calls, last[0].all_seconds - first[0].all_seconds
    if gap_s < MIN_GAP_S:
        return Missing(Reason.ABSENT, NO_RATE)
    if calls < 0:  # a reset, or rare statements that made room for new ones
        return Missing(Reason.ABSENT, RESET)
    return Activity(
        gap_s=gap_s,
        calls=calls,
        seconds=max(0.0, seconds),
        ours=ours,
        by_statement=_by_statement(first, last, ours),
        hidden=any(row.query_id is None for row in last),
    )


def report_statements(sink: Sink, found: Activity | Missing, texts: Mapping[int, str]) -> None:
    """Write db.queries.rate, .mean, .top.rate and .top.share; statements are parts, by id and text."""
    if isinstance(found, Missing):
        for signal in _SIGNALS:
            sink.missing(signal, found.reason, found.detail)
        return
    calls = max(0.0, found.calls - found.ours)
    bias = scope_bias([str(database) for database, _ in found.by_statement])
    sink.reading("db.queries.rate", calls / found.gap_s, bias=bias)
    if calls:
        sink.reading("db.queries.mean", found.seconds / found.calls, bias=bias)
    else:
        sink.missing("db.queries.mean", Reason.ABSENT, "no statement but ours ran")
    _report_top(sink, found, texts, bias)


def _report_top(sink: Sink, found: Activity, texts: Mapping[int, str], bias: str | None) -> None:
    if found.hidden and not found.by_statement:
        for signal in _SHARES:
            sink.missing(signal, Reason.DENIED, HIDDEN)
        return
    bias = HIDDEN if found.hidden else bias
    rates = [(key, found.by_statement[key][0] / found.gap_s) for key in found.busiest]
    sink.reading("db.queries.top.rate", _first(rates), by=_parts(rates, texts), bias=bias)
    if not (found.seconds and found.by_statement):
        sink.missing("db.queries.top.share", Reason.ABSENT, "no statement but ours ran")
        return
    shares = [(key, found.by_statement[key][1] / found.seconds) for key in found.costliest]
    sink.reading("db.queries.top.share", min(1.0, _first(shares)), by=_parts(shares, texts), bias=bias)


def _first(ranked: Sequence[tuple[_Key, float]]) -> float:
    return ranked[0][1] if ranked else 0.0


def _parts(ranked: Sequence[tuple[_Key, float]], texts: Mapping[int, str]) -> list[Part]:
    parts = []
    for (_, query_id), value in ranked[:MAX_SHOWN]:
        text = {"query": texts[query_id]} if texts.get(query_id) else {}
        parts.append(Part(labels=labels(query_id=str(query_id), **text), value=value))
    return parts


def _by_statement(
    first: Sequence[StatementCounts], last: Sequence[StatementCounts], ours: int
) -> dict[_Key, tuple[float, float]]:
    """Return calls and seconds of every listed statement that was called in between.

    One that was not in the first list is new if that was complete; else what it had then is unknown, and it
    is left out: it was neither among the most called nor among the most costly.
    """
    before = {(row.dbid, row.query_id): row for row in first}
    is_complete = len(first) >= first[0].entries
    grown: dict[_Key, tuple[float, float]] = {}
    for row in last:
        then = before.get((row.dbid, row.query_id))
        if row.query_id is None or (then is None and not is_complete):
            continue
        calls = row.calls - (then.calls if then else 0.0)
        seconds = row.seconds - (then.seconds if then else 0.0)
        if calls > ours or (calls > 0 and seconds > OURS_AT_MOST_S * calls):
            grown[row.dbid, row.query_id] = (calls, max(0.0, seconds))
    return grown


def _how_to_enable(limits: Limits, server_version: int) -> str:
    """Say which of the two steps is missing, and the SQL for it."""
    lack = Lack.EXTENSION if limits.statements_loaded else Lack.LIBRARY
    steps = advice(
        limits.role,
        server_version,
        {lack},
        provider=provider_of(limits.provider),
        preloaded=limits.preloaded,
    )
    if limits.statements_schema is not None:  # created, but not loaded any more
        steps = tuple(step for step in steps if not step.startswith("CREATE"))
    if lack is Lack.EXTENSION:
        return f"pg_stat_statements is not in database {limits.database}: {'; '.join(steps)}"
    return f"pg_stat_statements is not loaded: {' '.join(_sentences(steps))}"


def _sentences(steps: Sequence[str]) -> list[str]:
    return [step if step.endswith(";") else f"{step};" for step in steps]
