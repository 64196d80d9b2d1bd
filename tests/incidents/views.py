"""How much fastdiag may see of an incident: everything, or without one source or another."""

import enum
from typing import Final

SOURCES: Final = frozenset(
    {
        "cache",
        "host",
        "logs",
        "pgbouncer",
        "postgres",
        "probe",
        "processes",
        "prometheus",
        "queue",
        "scrape",
        "stacks",
        "workers",
    }
)
MACHINE: Final = frozenset({"processes", "stacks", "host", "workers", "logs"})
"""What only somebody on the service's own machine, or in its container, can see: its logs are found there."""


class View(enum.Enum):
    """How a person calls it, and which sources are not asked."""

    ALL = "all sources", frozenset[str]()
    NO_PROMETHEUS = "no Prometheus", frozenset({"prometheus"})
    NO_POSTGRES = "no PostgreSQL", frozenset({"postgres"})
    NO_MACHINE = "no process access", MACHINE
    NO_SCRAPE = "no metrics page", frozenset({"scrape"})
    NO_PGBOUNCER = "no PgBouncer console", frozenset({"pgbouncer"})
    NO_QUEUE = "no queue", frozenset({"queue"})
    NO_CACHE = "no cache", frozenset({"cache"})
    NO_PROBE = "no probe", frozenset({"probe"})
    SCRAPE = "metrics page alone", SOURCES - {"scrape"}
    MACHINE_AND_POSTGRES = "process table + PostgreSQL", SOURCES - MACHINE - {"postgres"}
    MACHINE = "process table alone", SOURCES - MACHINE

    def __init__(self, words: str, removed: frozenset[str]) -> None:
        self.words = words
        self.removed = removed


ONE_REMOVED: Final = (
    View.NO_PROMETHEUS,
    View.NO_POSTGRES,
    View.NO_MACHINE,
    View.NO_SCRAPE,
    View.NO_PGBOUNCER,
    View.NO_QUEUE,
    View.NO_CACHE,
    View.NO_PROBE,
)
"""The views that lack one source each, the machine's own counted as one."""
