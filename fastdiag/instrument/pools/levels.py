"""What a pool is like at a moment, and how that is published."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Final

from fastdiag.instrument.guard import Guard
from fastdiag.instrument.meter import METER
from fastdiag.instrument.metrics import (
    POOL_COUNT,
    POOL_IDLE_MAX,
    POOL_MAX,
    POOL_OVERFLOW,
    POOL_PENDING,
    POOL_TIMEOUTS,
    POOL_WAIT,
)

_GUARD: Final = Guard("connection pools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One pool at a moment; pools of the same name are added up.

    most      connections that it may open, overflow included; None: without limit
    kept      connections that it keeps open when they are returned; None: the library knows no such number
    overflow  connections open beyond those
    """

    name: str
    used: int
    idle: int
    waiting: int
    most: int | None
    kept: int | None = None
    overflow: int = 0

    def __add__(self, other: Level) -> Level:
        """Return both together."""
        return Level(
            name=self.name,
            used=self.used + other.used,
            idle=self.idle + other.idle,
            waiting=self.waiting + other.waiting,
            most=_sum(self.most, other.most),
            kept=_sum(self.kept, other.kept),
            overflow=self.overflow + other.overflow,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


Look = Callable[[], Iterable[Level]]


class Levels:
    """Everything that can be looked at, and what was seen before."""

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._seen: set[str] = set()

    def add(self, look: Look) -> None:
        """Look there as well from now on."""
        self._looks.append(look)

    def look(self) -> None:
        """Publish all pools; one that is gone has no connections."""
        found: dict[str, Level] = {}
        for look in self._looks:
            with _GUARD:
                for level in look():
                    found[level.name] = found[level.name] + level if level.name in found else level
        for name in self._seen - found.keys():
            _publish(Level(name=name, used=0, idle=0, waiting=0, most=0, kept=0))
        for name in found.keys() - self._seen:
            METER.record(POOL_TIMEOUTS, 0, name)  # a pool without any shows its zero
        for level in found.values():
            _publish(level)
        self._seen |= found.keys()


LEVELS: Final = Levels()


def _publish(level: Level) -> None:
    METER.record(POOL_COUNT, level.used, level.name, "used")
    METER.record(POOL_COUNT, level.idle, level.name, "idle")
    METER.record(POOL_PENDING, level.waiting, level.name)
    if level.most is not None:
        METER.record(POOL_MAX, level.most, level.name)
    if level.kept is not None:
        METER.record(POOL_IDLE_MAX, level.kept, level.name)
        METER.record(POOL_OVERFLOW, level.overflow, level.name)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name for a pool that shares no series with another: ``name``, else `name#2`, `name#3`, ...

    The pools of a database may be of very different sizes; added up, a full one would hide in a large one.
    Names of pools that are gone are used again, so that an engine for each request does not use them up.
    """
    if name not in taken:
        return name
    return next(free for number in count(2) if (free := f"{name}#{number}") not in taken)


class Checkout:
    """Times one checkout: a context around it.

    A checkout that gives up is counted as a timeout, and its wait is a wait: without it the waits would look
    shorter the worse they are. One that fails for other reasons is not counted.
    """

    __slots__ = ("_began_s", "_given_up", "_name")

    def __init__(self, name: str, given_up: type[BaseException]) -> None:
        self._name = name
        self._given_up = given_up
        self._began_s = 0.0

    def __enter__(self) -> None:
        self._began_s = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        timed_out = kind is not None and issubclass(kind, self._given_up)
        if kind is None or timed_out:
            METER.record(POOL_WAIT, time.perf_counter() - self._began_s, self._name)
        if timed_out:
            METER.record(POOL_TIMEOUTS, 1, self._name)
