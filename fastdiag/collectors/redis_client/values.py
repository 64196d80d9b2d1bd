"""Answers of a Redis server as the values that a caller expects; whatever else came is None or empty."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fastdiag.collectors.redis_client.resp import Reply


def number(reply: Reply) -> float | None:
    """Return a count, also one that came as text."""
    match reply:
        case int():
            return _float(reply)
        case bytes():
            return _float(reply.decode("ascii", "replace"))
        case _:
            return None


def text(reply: Reply) -> str | None:
    """Return text; bytes that are none survive the way back into a command."""
    return reply.decode("utf-8", "surrogateescape") if isinstance(reply, bytes) else None


def texts(reply: Reply) -> list[str]:
    """Return the texts of a list."""
    return [found for item in _items(reply) if (found := text(item)) is not None]


def optional_texts(reply: Reply) -> list[str | None]:
    """Return the texts of a list; None stands for what is not there."""
    return [text(item) for item in _items(reply)]


def numbers(reply: Reply, size: int) -> list[float | None]:
    """Return the numbers of a list of known length; None stands for what is not there."""
    items = [number(item) for item in _items(reply)]
    return [*items, *[None] * size][:size]


def scores(reply: Reply) -> list[tuple[str, float]]:
    """Return the members of a sorted set with their scores."""
    found = texts(reply)
    pairs = zip(found[::2], map(_float, found[1::2]), strict=False)
    return [(member, score) for member, score in pairs if score is not None]


def page(reply: Reply) -> tuple[str, list[str]]:
    """Return the cursor and the keys of one step of SCAN."""
    items = _items(reply)
    cursor = text(items[0]) if items else None
    return cursor or "0", texts(items[1]) if len(items) > 1 else []


def fields(reply: Reply) -> dict[str, str]:
    """Return the `name:value` lines of INFO."""
    lines = (line.partition(":") for line in (text(reply) or "").splitlines())
    return {name: value for name, colon, value in lines if colon and not name.startswith("#")}


def _items(reply: Reply) -> Sequence[Reply]:
    return reply if isinstance(reply, list) else []


def _float(written: str | int) -> float | None:
    try:
        value = float(written)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
