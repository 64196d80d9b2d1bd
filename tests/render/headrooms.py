"""Invented headroom, through the real arithmetic: a busy service, an idle one, and one that nobody sees."""

from __future__ import annotations

from typing import Final

from fastdiag.engine.headroom import headroom
from fastdiag.model.headroom import Growth, Headroom, Limit, Measured, ScalesWith
from fastdiag.model.quantity import Quantity, parse_quantity
from fastdiag.model.rule import Comparison, Operand, Operator, Rulebook
from fastdiag.model.signal import Reading
from tests.engine.headroom_tables import FULL, book, limit, reading, snapshot

POOL: Final = limit(name="connection pool")
LOOP: Final = limit("x.share", FULL, name="event loop")
MEMORY: Final = limit(
    "x.bytes",
    Measured("x.size"),
    name="memory",
    scales_with=ScalesWith.NONE,
    growth=Growth("x.grown", 3600),
)
SLOTS: Final = limit(
    "db.connections.total",
    Measured("db.connections.usable"),
    name="database",
    scales_with=ScalesWith.CONNECTIONS,
)
HIDDEN: Final = limit("x.leak", Measured("x.leak"), name="secret")
ASLEEP: Final = limit(
    "x.used",
    Measured("x.most"),
    name="sleeper",
    when=Comparison(Operand("x.share"), Operator.GE, Quantity(0.9, None, "90%")),
)


def table(*limits: Limit) -> Rulebook:
    return book(*limits, very_slow=parse_quantity("3s"), proxy_idle_timeout=parse_quantity("0s"))


def made(*readings: Reading) -> Headroom:
    return headroom(
        snapshot(*readings, x_leak="needs root"), table(POOL, LOOP, MEMORY, SLOTS, HIDDEN, ASLEEP)
    )


BUSY: Final = made(
    reading("http.rps", 48, before=24),
    reading("x.used", 43, before=23, window=(30, 47)),
    reading("x.most", 60),
    reading("x.share", 0.28, source="processes", bias="one worker of 4"),
    reading("x.bytes", 700 * 2**20, source="processes"),
    reading("x.size", 2**30, source="host"),
    reading("x.grown", 40 * 2**20),
    reading("db.connections.total", 97, source="postgres"),
    reading("db.connections.usable", 97, source="postgres"),
    reading("db.pool.size", 60),
    reading("workers.count", 4, source="processes"),
    reading("threads.limiter.size", 40, source="processes"),
    reading("server.timeout", 30, source="workers"),
    reading("server.keepalive", 5, source="workers"),
)
IDLE: Final = made(
    reading("http.rps", 0.1),
    reading("x.used", 1),
    reading("x.most", 60),
    reading("x.share", 0.002),
    reading("db.connections.total", 3),
    reading("db.connections.usable", 97),
)
UNSEEN: Final = made()
