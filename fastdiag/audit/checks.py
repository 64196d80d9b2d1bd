"""The checks of the audit, each with the ids of the findings that it makes: rows of rules/audit/checks.yaml.

A check looks at the common ground and yields findings; it writes nothing and keeps no state. It has its own
file in this folder, and its own row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.audit import (
    background,
    begun_tasks,
    blocking,
    clients,
    closing,
    cpu,
    kept_reads,
    labels,
    lazy_loading,
    observability,
    pagination,
    path_grouping,
    pool_settings,
    pools,
    queue_settings,
    returned_sessions,
    server_settings,
    sessions,
    state,
    store_timeouts,
    tasks,
    timeouts,
)
from fastdiag.audit.ground import Ground
from fastdiag.model.audit import Finding, Setting
from fastdiag.source.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One check: which findings it makes, and how."""

    ids: tuple[str, ...]
    look: Callable[[Ground], Iterable[Finding]]


INSPECTIONS: Final = (
    Inspection(ids=(blocking.CHECK,), look=blocking.check),
    Inspection(ids=(timeouts.MISSING, timeouts.LONG_DEFAULT), look=timeouts.check),
    Inspection(ids=(store_timeouts.DATABASE, store_timeouts.REDIS), look=store_timeouts.check),
    Inspection(ids=(pools.DEFAULTS, pools.PRE_PING), look=pools.check),
    Inspection(ids=(clients.ENGINE, clients.CLIENT), look=clients.check),
    Inspection(ids=(closing.CHECK,), look=closing.check),
    Inspection(ids=(closing.CHECK,), look=returned_sessions.check),
    Inspection(ids=(sessions.HELD,), look=sessions.check),
    Inspection(ids=(lazy_loading.CHECK,), look=lazy_loading.check),
    Inspection(ids=background.IDS, look=background.check),
    Inspection(ids=tasks.IDS, look=tasks.check),
    Inspection(ids=cpu.IDS, look=cpu.check),
    Inspection(ids=state.IDS, look=state.check),
    Inspection(ids=state.IDS, look=kept_reads.check),
    Inspection(ids=pagination.IDS, look=pagination.check),
    Inspection(ids=labels.IDS, look=labels.check),
    Inspection(ids=labels.IDS, look=path_grouping.check),
    Inspection(ids=observability.IDS, look=observability.check),
)
"""In the order of the table."""

COLLECTIONS: Final[tuple[Callable[[Project], Iterable[Setting]], ...]] = (
    pool_settings.settings,
    begun_tasks.settings,
    queue_settings.settings,
    server_settings.settings,
)
"""What gathers the settings that the code makes of pools, clients, queues and servers."""
