"""When a line says that it was written: at its beginning, or in the fields of its JSON."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

MAX_SEARCHED_CHARS: Final = 400
"""A time stands at the beginning of a line; access logs put it behind address and user."""

_DATE: Final = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?"
_ZONE: Final = r"\s?(?P<zone>Z\b|UTC|GMT|[+-]\d\d:?\d\d)?"
_ISO: Final = rf"{_DATE}[T ]{_TIME}{_ZONE}"
_SPOKEN: Final = rf"(?P<day>\d\d)[/ ](?P<name>[A-Z][a-z]{{2}})[/ ](?P<year>\d{{4}})[: ]{_TIME}{_ZONE}"
_EPOCH: Final = r"(?P<epoch>1[5-9]\d{8}(?:\.\d{1,9})?|1[5-9]\d{11})(?![\d.])"
"""Seconds or milliseconds since 1970, between 2017 and 2033."""
_FORMS: Final = (
    re.compile(
        rf"[\[(<]{{0,2}}(?:[A-Z]{{3,8}}[\]:| -]{{1,8}})?\[?{_ISO}"
    ),  # with or without its level before it
    re.compile(_EPOCH),
    re.compile(rf"[^\[\]]{{0,200}}+\[{_SPOKEN}\]"),  # access logs: 10.0.0.7 - - [22/Nov/2026:03:10:11 +0000]
    re.compile(rf"\d{{1,9}}:[A-Z] {_SPOKEN}"),  # Redis
    re.compile(
        rf"""(?:[a-z_]{{1,20}}=\S{{1,40}} ){{0,2}}(?:time|timestamp|ts)="?(?:{_ISO}|{_EPOCH})"""
    ),  # logfmt
)  # fmt: skip - one form a line
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, 1)}
_MILLISECONDS: Final = 1e11
"""A number of seconds as large as this lies in the year 5138."""
_EARLIEST_S: Final = 1.5e9
_LATEST_MS: Final = 2e12
_KEYS: Final = (
    *("timestamp", "@timestamp", "time", "ts", "asctime", "datetime", "date", "created"),
    *("record", "message", "log"),
)
"""Where loggers put the time; the last hold a record of their own."""
_NO_ZONE: Final = frozenset({"Z", "UTC", "GMT"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as it is written; ``is_local``: it names no zone, is read as UTC, and wrong by the offset."""

    seconds: float
    is_local: bool


def stamp_of(text: str) -> Stamp | None:
    """Return the time at the beginning of a line, None where there is none that makes sense."""
    head = text[:MAX_SEARCHED_CHARS]
    for form in _FORMS:
        match = form.match(head)
        if match:
            try:
                return _read(match.groupdict())
            except (ValueError, OverflowError):
                return None
    return None


def _read(found: dict[str, str | None]) -> Stamp:
    if found.get("epoch"):
        return _since_epoch(float(found["epoch"] or 0))
    month = _MONTHS.get(found.get("name") or "") or int(found.get("month") or 0)
    hour, minute, second = (int(found[key] or 0) for key in ("hour", "minute", "second"))
    moment = datetime(
        int(found["year"] or 0), month, int(found["day"] or 0), hour, minute, second, tzinfo=UTC
    )
    seconds = moment.timestamp() + float(f"0.{found['part'] or 0}")
    zone = found["zone"]
    return Stamp(seconds - _offset_s(zone), is_local=not zone)


def _since_epoch(number: float) -> Stamp:
    return Stamp(number / 1000 if number > _MILLISECONDS else number, is_local=False)


def stamp_of_fields(fields: Mapping[str, object]) -> Stamp | None:
    """Return the time in the fields of a structured record, under the names that loggers use."""
    for key in _KEYS:
        match fields.get(key):
            case bool():
                continue
            case int() | float() as number if _EARLIEST_S < number < _LATEST_MS:
                return _since_epoch(number)
            case str() as text:
                if stamp := stamp_of(text):
                    return stamp
            case dict() as nested:  # loguru: {"record": {"time": {"timestamp": ...}}}
                if stamp := stamp_of_fields(nested):
                    return stamp
            case _:
                continue
    return None


def _offset_s(zone: str | None) -> float:
    if not zone or zone in _NO_ZONE:
        return 0.0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)


def machine_offset_s(at: float) -> float:
    """Return how far this machine's time is ahead of UTC: what a line without a zone most likely means."""
    return float(time.localtime(at).tm_gmtoff)
