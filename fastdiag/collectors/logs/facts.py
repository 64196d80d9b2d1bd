"""What a log is good for: whether its records have fields, ids, and times of more than the whole request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from fastdiag.collectors.logs.records import Record
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Reason

MIN_RECORDS: Final = 20
"""Fewer say nothing of how a service logs."""
MIN_SHARE_WITH_ID: Final = 0.1
"""What is logged outside of requests has no id; from this share on, requests have."""
MAX_RECORDS: Final = 2000
"""How a service logs is known from so many, the newest."""
MAX_FIELDS: Final = 200
MAX_NAMED: Final = 5

_ID: Final = re.compile(
    r"(?:request|req|correlation|trace|x_request|x_correlation|otel_trace|dd_trace|transaction)_?id|traceparent"
)
_SPAN: Final = re.compile(r"(?:otel_|dd_)?span_?id|traceparent")
_DURATION: Final = re.compile(
    r"(?:duration|elapsed|latency|took|response_time|request_time|process_time)(?:_(?:s|ms|us|seconds|millis))?"
)
_PART: Final = re.compile(
    r"(?:db|sql|database|query|queries|postgres|redis|cache|upstream|external|http_client|queue|pool|render)_"
    r"(?:\w{0,20}_)?(?:duration|elapsed|latency|time|ms|seconds|s)"
)
_PAIR: Final = re.compile(r"""([A-Za-z_][\w.-]{0,40})["']?\s?[=:]\s?["']?([^\s"',;\]})]{1,80})""")
_SPOKEN_DURATION: Final = re.compile(
    r"\b(?:took|in|after|duration|elapsed)[ =:]{1,2}\d{1,9}(?:\.\d{1,9})? ?(?:ms|s|sec|seconds)\b"
)
_LOGFMT: Final = re.compile(r"(?:[A-Za-z_][\w.]{0,40}=(?:\"[^\"]{0,400}\"|[^\s\"]{0,400})(?: |$)){3}")
_NOTHING: Final = frozenset({"", "-", "none", "null", "0", "n/a", "00000000000000000000000000000000"})


def write_facts(records: Sequence[Record], sink: Sink) -> None:
    """Write how the service logs, from its newest records."""
    seen = records[-MAX_RECORDS:]
    if len(seen) < MIN_RECORDS:
        detail = f"{len(seen)} of the {MIN_RECORDS} records that it takes to tell how a service logs"
        for signal in SIGNALS:
            sink.missing(signal, Reason.ABSENT, detail)
        return
    for signal, holds in SIGNALS.items():
        sink.reading(signal, sum(map(holds, seen)) / len(seen))
    with_id = sum(map(_has_id, seen)) / len(seen)
    sink.reading("observability.request_ids", float(with_id >= MIN_SHARE_WITH_ID))
    if any(map(_has_span, seen)):
        sink.reading("observability.tracing", 1.0)


def fields_of(records: Sequence[Record]) -> Mapping[str, tuple[str, ...]]:
    """Return the fields that hold an id, a duration or a part of one, by signal, the most frequent first."""
    seen = records[-MAX_RECORDS:]
    return {signal: _most_frequent(seen, name) for signal, name in FIELDS.items()}


def _most_frequent(records: Sequence[Record], name: re.Pattern[str]) -> tuple[str, ...]:
    counted = Counter(
        key
        for record in records
        for key, value in _pairs(record)
        if name.fullmatch(key) and value not in _NOTHING
    )
    return tuple(key for key, _ in counted.most_common(MAX_NAMED))


def _is_structured(record: Record) -> bool:
    return record.fields is not None or bool(record.texts and _LOGFMT.match(record.texts[0]))


def _has_id(record: Record) -> bool:
    return _any_named(record, _ID)


def _has_span(record: Record) -> bool:
    return _any_named(record, _SPAN) and _has_id(record)


def _has_duration(record: Record) -> bool:
    return _any_named(record, _DURATION) or any(
        _SPOKEN_DURATION.search(text[:1000]) for text in record.texts[:1]
    )


def _has_breakdown(record: Record) -> bool:
    return _any_named(record, _PART)


SIGNALS: Final[Mapping[str, Callable[[Record], bool]]] = {
    "observability.logs.structured": _is_structured,
    "observability.logs.request_ids": _has_id,
    "observability.logs.durations": _has_duration,
    "observability.logs.breakdown": _has_breakdown,
}


FIELDS: Final[Mapping[str, re.Pattern[str]]] = {
    "observability.logs.request_ids": _ID,
    "observability.logs.durations": _DURATION,
    "observability.logs.breakdown": _PART,
}


def _any_named(record: Record, name: re.Pattern[str]) -> bool:
    return any(name.fullmatch(key) and value not in _NOTHING for key, value in _pairs(record))


def _pairs(record: Record) -> Iterator[tuple[str, str]]:
    """Yield what a record names, in lower case: fields of JSON, or `key=value` in its first line."""
    if record.fields is not None:
        yield from _fields(record.fields, 2)
    elif record.texts:
        for match in _PAIR.finditer(record.texts[0][:1000]):
            yield _key(match[1]), match[2].lower()


def _fields(fields: Mapping[str, object], depth: int) -> Iterator[tuple[str, str]]:
    for key, value in list(fields.items())[:MAX_FIELDS]:
        if isinstance(value, dict) and depth:
            yield from _fields(value, depth - 1)
        else:
            yield _key(key), str(value)[:80].lower()


def _key(name: str) -> str:
    return re.sub(r"[.-]", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).lower()
