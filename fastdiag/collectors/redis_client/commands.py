"""Every command that is ever sent to a Redis server. All of them only read, and none looks at all keys.

What may answer with a list is bounded by its own arguments; SMEMBERS is not, and is for sets known to be
small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ALLOWED: Final = frozenset(
    {
        *("AUTH", "SELECT", "PING", "INFO", "CONFIG", "TYPE", "EXISTS", "SCAN"),
        *("GET", "LLEN", "LINDEX", "HLEN", "HGET", "HMGET", "SCARD", "SMEMBERS", "ZCARD", "ZCOUNT", "ZRANGE"),
        "ZRANGEBYSCORE",
    }
)
"""The names of these commands, checked once more where they are sent; of CONFIG only SETTINGS_ASKED are."""
MAX_LISTED: Final = 200
"""The most elements that one command may ask for."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command and its arguments, as they are sent."""

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the command is called; its arguments may be secret and are not shown."""
        return self.words[0]


PING: Final = Command(("PING",))
INFO: Final = Command(("INFO",))
MAX_CLIENTS: Final = Command(("CONFIG", "GET", "maxclients"))
STOPS_UNSAVED: Final = Command(("CONFIG", "GET", "stop-writes-on-bgsave-error"))
SAVE_POINTS: Final = Command(("CONFIG", "GET", "save"))
SETTINGS_ASKED: Final = frozenset({MAX_CLIENTS, STOPS_UNSAVED, SAVE_POINTS})
"""The only settings that are ever asked for; others may hold passwords."""


def auth(user: str | None, password: str) -> Command:
    """Log in; without a user as `default`, in the form that old servers know."""
    return Command(("AUTH", user, password) if user else ("AUTH", password))


def select(database: int) -> Command:
    """Look at another of the numbered databases."""
    return Command(("SELECT", str(database)))


def type_of(key: str) -> Command:
    """Ask what a key holds: list, set, zset, hash, string, or none."""
    return Command(("TYPE", key))


def exists(*keys: str) -> Command:
    """Ask how many of the keys there are."""
    return Command(("EXISTS", *keys))


def scan(cursor: str, pattern: str, count: int) -> Command:
    """Ask for the next keys of about ``count`` that match. The only walk over keys; its caller bounds it."""
    return Command(("SCAN", cursor, "MATCH", pattern, "COUNT", str(count)))


def get(key: str) -> Command:
    """Ask for the text of a key that is known to be short."""
    return Command(("GET", key))


def llen(key: str) -> Command:
    """Ask how long a list is."""
    return Command(("LLEN", key))


def lindex(key: str, index: int) -> Command:
    """Ask for one element of a list: the first is 0, the last -1."""
    return Command(("LINDEX", key, str(index)))


def hlen(key: str) -> Command:
    """Ask how many fields a hash has."""
    return Command(("HLEN", key))


def hget(key: str, field: str) -> Command:
    """Ask for one field of a hash."""
    return Command(("HGET", key, field))


def hmget(key: str, fields: Iterable[str]) -> Command:
    """Ask for some fields of a hash, at most MAX_LISTED."""
    return Command(("HMGET", key, *tuple(fields)[:MAX_LISTED]))


def scard(key: str) -> Command:
    """Ask how many members a set has."""
    return Command(("SCARD", key))


def smembers(key: str) -> Command:
    """Ask for all members of a set that is known to be small."""
    return Command(("SMEMBERS", key))


def zcard(key: str) -> Command:
    """Ask how many members a sorted set has."""
    return Command(("ZCARD", key))


def zcount(key: str, low: str, high: str) -> Command:
    """Ask how many members have a score between two bounds (`-inf`, `+inf`, `(5` for above 5)."""
    return Command(("ZCOUNT", key, low, high))


def zrange(key: str, limit: int) -> Command:
    """Ask for the members with the lowest scores, each followed by its score."""
    return Command(("ZRANGE", key, "0", str(min(limit, MAX_LISTED) - 1), "WITHSCORES"))


def zrangebyscore(key: str, low: str, high: str, limit: int) -> Command:
    """Ask for the members with the lowest scores between two bounds, each followed by its score."""
    listed = str(min(limit, MAX_LISTED))
    return Command(("ZRANGEBYSCORE", key, low, high, "WITHSCORES", "LIMIT", "0", listed))
