"""Servers beside the service that some stories need: a broker, a cache, a pooler, consumers of a queue.

A companion is started before the service, which gets its address through the environment as in production.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tests.stack.postgres import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is up already when a companion starts.

    ``environment`` is what the service would get so far: a companion may point it somewhere else, as a
    pooler does with DATABASE_URL.
    """

    cluster: Cluster
    database: str
    directory: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A running server beside the service.

    handle       what faults and confirmations get hold of, with ``Stage.companion(TYPE)``
    environment  settings for the service and for the companions after it
    options      how fastdiag is told of it when it may look at everything
    """

    handle: object
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


Beside = Callable[[Surroundings], AbstractContextManager[Companion]]
"""Starts a companion; leaving the context ends it."""
