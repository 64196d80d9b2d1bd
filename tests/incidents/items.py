"""What fastdiag sees from outside and no library publishes, item by item: which signals each comes to.

Named by the beginnings of signals, so that a signal which joins a family counts from its first recording on.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One kind of live evidence.

    words    how a person calls it
    signals  beginnings of the signals that it yields, whoever reads them
    sources  sources of which nothing is left without it
    doubts   whether it is what makes readings weigh less
    stays    why it is kept even where it changes no answer
    """

    words: str
    signals: tuple[str, ...]
    sources: frozenset[str] = frozenset()
    doubts: bool = False
    stays: str = ""

    def yields(self, signal: str, source: str) -> bool:
        """Whether a reading is this item's."""
        return source in self.sources or (bool(self.signals) and signal.startswith(self.signals))


ITEMS: Final = (
    Item(words="event loop", signals=("loop.",), sources=frozenset({"stacks"})),
    Item(
        words="stacks of the workers",
        signals=(
            "loop.blocking_frame",
            "loop.computing_frame",
            "loop.background.",
            "loop.tasks.",
            "loop.serializing.",
        ),
        sources=frozenset({"stacks"}),
        stays="no other item names the line of code that blocks or computes, which is what has to be mended",
    ),
    Item(words="thread limiter", signals=("threads.",)),
    Item(words="accept queue", signals=("server.backlog", "server.listen_overflows")),
    Item(words="connections by worker", signals=("db.service.", "db.sockets")),
    Item(
        words="start-up probe, pooler",
        signals=("db.connections.refused", "db.pgbouncer.", "db.pooled"),
        sources=frozenset({"pgbouncer"}),
    ),
    Item(
        words="deaths of workers",
        signals=(
            "workers.deaths",
            "workers.heartbeat",
            "workers.restarts",
            "workers.spawned",
            "host.oom_kills",
        ),
    ),
    Item(words="job queues", signals=("queue.",), sources=frozenset({"queue"})),
    Item(words="logs", signals=("logs.",), sources=frozenset({"logs"})),
    Item(
        words="doubts about metrics",
        signals=(),
        doubts=True,
        stays="a p95 of 8 ms while 88 requests hang must not stand on the screen without a word",
    ),
)

EVERYTHING: Final = Item(
    words="all of these",
    signals=tuple(dict.fromkeys(signal for item in ITEMS for signal in item.signals)),
    sources=frozenset().union(*(item.sources for item in ITEMS)),
    doubts=True,
)
"""What is left without it is what metrics, the server's own views and the process table's totals tell."""
