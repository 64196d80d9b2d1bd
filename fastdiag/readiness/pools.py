"""Pools as the code configures them, the workers that have one each, and what the database has and sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.model.audit import CodePlace, Finding, Setting
from fastdiag.model.checklist import Evidence
from fastdiag.model.headroom import Fit
from fastdiag.readiness import code, live
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import only_told

SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    "sqlalchemy": ("sqlalchemy.pool_size", "sqlalchemy.max_overflow"),
    "asyncpg": ("asyncpg.max_size",),
    "psycopg_pool": ("psycopg_pool.max_size",),
}
"""By library the settings that add up to the connections which one pool may open."""
NO_POOL: Final = "sqlalchemy.poolclass"
DRIVERS: Final = (
    *("sqlalchemy", "sqlmodel", "asyncpg", "psycopg", "psycopg2", "psycopg_pool", "aiomysql", "pymysql"),
    *("tortoise", "databases", "peewee", "django", "piccolo", "aiopg", "mysql", "MySQLdb", "oracledb"),
)
UNSIZED: Final = "pool-defaults"
"""The check that speaks of pools which nobody has sized."""
SLOTS: Final = "pools-against-slots"
POOLER: Final = "pools-against-pooler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One pool of the code.

    finding   what the audit says where nobody has sized it; None also where it is no part of the service
    accepted  whether somebody has decided that the finding may stay
    """

    library: str
    place: CodePlace
    parts: tuple[Setting, ...]
    finding: Finding | None = None
    accepted: bool = False

    @property
    def most(self) -> float | None:
        """How many connections it may open at most, overflow included; None where run time decides."""
        values = [one.value for one in self.parts]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return sum(numbers) if numbers and len(numbers) == len(values) else None

    @property
    def is_chosen(self) -> bool:
        """Whether somebody wrote down a size."""
        return any(not one.is_default for one in self.parts)

    @property
    def is_served(self) -> bool:
        """Whether it is a pool of the service: the audit says nothing of those of scripts."""
        return self.is_chosen or self.finding is not None

    def __str__(self) -> str:
        sizes = " + ".join(one.text if one.value is None else f"{one.value:g}" for one in self._numbers())
        return f"{self.library} pool of {sizes}"

    def _numbers(self) -> Iterator[Setting]:
        for one in self.parts:
            if one.value is None or isinstance(one.value, int | float):
                yield one


def pools(facts: Facts) -> tuple[Pool, ...]:
    """Return the pools that the code makes, in the order of their places."""
    made: dict[tuple[str, CodePlace], list[Setting]] = {}
    for library, names in SIZES.items():
        for one in facts.settings(*names):
            made.setdefault((library, _line(one.place)), []).append(_in_force(facts, one))
    found = (_pool(facts, library, place, parts) for (library, place), parts in made.items())
    return tuple(sorted(found, key=lambda pool: pool.place))


def _pool(facts: Facts, library: str, place: CodePlace, parts: Iterable[Setting]) -> Pool:
    open_ones = facts.code.findings if facts.code else ()
    accepted = [one.finding for one in facts.code.dismissed] if facts.code else []
    said = [one for one in (*open_ones, *accepted) if one.check == UNSIZED and _line(one.place) == place]
    return Pool(
        library=library,
        place=place,
        parts=tuple(parts),
        finding=said[0] if said else None,
        accepted=bool(said) and said[0] in accepted,
    )


def _in_force(facts: Facts, setting: Setting) -> Setting:
    """Return a size, where psycopg_pool's own is the smallest size, which is 4."""
    if setting.name != "psycopg_pool.max_size" or not setting.is_default:
        return setting
    least = (one for one in facts.settings("psycopg_pool.min_size") if one.place == setting.place)
    return next(least, setting)


def of_settings(facts: Facts) -> tuple[Evidence, ...]:
    """Say of each pool in the code whether its size was chosen."""
    if facts.code is None:
        return (code.NOT_AUDITED,)
    without = tuple(_without_pool(one) for one in facts.settings(NO_POOL))
    made = tuple(map(_told, pools(facts)))
    if made or without:
        return (*made, *without)
    if facts.does_without(*DRIVERS):
        return (Evidence(source=code.CODE, text="the code uses no client of a database server", speaks=True),)
    return (Evidence(source=code.CODE, text="no pool was found in the code", speaks=None),)


def of_slots(facts: Facts) -> tuple[Evidence, ...]:
    """Hold all pools against what the database or its pooler admits, by metrics or else by the code."""
    known = [one for name in (SLOTS, POOLER) if (one := facts.sum(name)) and one.fit is not Fit.UNKNOWN]
    reckoned = tuple(_reckoned(facts))
    if known:  # what is measured counts, and the code's own numbers stand beside it
        return (*live.of_sums(facts, *(one.id for one in known)), *only_told(reckoned, reckoned))
    return reckoned or live.of_sums(facts, SLOTS, POOLER)


def _reckoned(facts: Facts) -> Iterator[Evidence]:
    """Multiply the pools of the code by the workers that run."""
    each, workers = demand(facts), facts.value("workers.count")
    usable, seen = facts.value("db.connections.usable"), facts.value("db.service.connections")
    if each is None or not workers or usable is None:
        return
    total = each * workers
    more = ", more than that: some are opened beside these pools" if seen is not None and seen > total else ""
    now = f"; PostgreSQL sees {seen:g} of this service now{more}" if seen is not None else ""
    beyond = f", {total - usable:g} too many" if total > usable else ""
    text = (
        f"{workers:g} workers x {each:g} connections of the code's pools = {total:g} of {usable:g} usable"
        f" slots{beyond}{now}"
    )
    finding = next((pool.finding for pool in pools(facts) if pool.finding), None)
    yield Evidence(source="code, processes, postgres", text=text, speaks=total <= usable, finding=finding)


def demand(facts: Facts) -> float | None:
    """Return how many connections the pools of one worker may open; None where one size is not known."""
    sizes = [pool.most for pool in pools(facts) if pool.is_served]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _told(pool: Pool) -> Evidence:
    if pool.is_chosen:
        text, speaks = "sized in the code", True
    elif not pool.is_served:
        text, speaks = "left at the library's default, in code that no route reaches", None
    else:
        text, speaks = "left at the library's default", pool.accepted
    accepted = ", which somebody has accepted" if pool.accepted else ""
    return Evidence(source=code.CODE, text=f"{pool}: {text}{accepted}", speaks=speaks, place=pool.place)


def _without_pool(one: Setting) -> Evidence:
    text = f"{one.text}: no pool of its own, each use opens a connection"
    return Evidence(source=code.CODE, text=text, speaks=True, place=one.place)


def _line(place: CodePlace) -> CodePlace:
    """Return a place without its column: arguments of one call stand in several."""
    return CodePlace(place.file, place.line)
