"""What to grant or to set so that a role sees more: the exact SQL, for the server at hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import Enum, auto
from typing import Final

from fastdiag.collectors.postgres.managed import Provider

FIRST_WITH_RESERVED_SLOTS: Final = 160000
"""server_version_num from which pg_use_reserved_connections exists."""
LIBRARY: Final = "pg_stat_statements"
_SQL: Final = re.compile(
    r"\b(?:GRANT|CREATE (?:EXTENSION|ROLE)|ALTER (?:SYSTEM|ROLE|DATABASE))\b[^;]*;", re.DOTALL
)


class Lack(Enum):
    """What may stand between a role and a signal."""

    VISIBILITY = auto()  # of other roles' sessions and statements
    RESERVED_SLOT = auto()  # a way in when no ordinary slot is free
    EXTENSION = auto()  # pg_stat_statements is loaded, but not created in the connected database
    LIBRARY = auto()  # pg_stat_statements is not loaded
    ACTIVITY = auto()  # track_activities is off


def advice(
    role: str,
    server_version: int,
    missing: Collection[Lack],
    *,
    provider: Provider | None = None,
    preloaded: str | None = None,
) -> tuple[str, ...]:
    """Return what fills the gaps, in the order in which to do it.

    Each is SQL that ends in a semicolon, for a superuser or the managed service's administrator; where SQL
    does not help, a sentence that says what does.

    role            quoted as SQL needs it
    server_version  as server_version_num; 0 when it is not known
    preloaded       shared_preload_libraries as it is, None when it is not known
    """
    steps: list[str] = []
    if Lack.VISIBILITY in missing:
        steps.append(f"GRANT pg_monitor TO {role};")
    if Lack.RESERVED_SLOT in missing and (not server_version or server_version >= FIRST_WITH_RESERVED_SLOTS):
        steps.append(f"GRANT pg_use_reserved_connections TO {role};")
    if Lack.LIBRARY in missing:
        steps.extend(_load(provider, preloaded))
    if Lack.LIBRARY in missing or Lack.EXTENSION in missing:
        if provider is Provider.AZURE:
            steps.append(f"add {LIBRARY} to the server parameter azure.extensions")
        steps.append(f"CREATE EXTENSION {LIBRARY};")
    if Lack.ACTIVITY in missing:
        steps.append("ALTER SYSTEM SET track_activities = on;")
    return tuple(steps)


def quoted_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the SQL that texts (hints, details of missing signals) tell the reader to run, each once."""
    return tuple(dict.fromkeys(found for text in texts for found in _SQL.findall(text)))


def _load(provider: Provider | None, preloaded: str | None) -> list[str]:
    """Say how the library is loaded: by SQL and a restart, or in the console of the managed service."""
    match provider:
        case Provider.AURORA | Provider.RDS:
            return [f"add {LIBRARY} to shared_preload_libraries in the parameter group and reboot"]
        case Provider.AZURE:
            return [f"add {LIBRARY} to the server parameter shared_preload_libraries and restart"]
        case Provider.CLOUD_SQL:  # loads it always
            return []
        case None:
            return [_alter_system(preloaded), "restart the server"]


def _alter_system(preloaded: str | None) -> str:
    """Return the statement that keeps what is loaded already: the setting is replaced as a whole."""
    present = [name.strip().strip('"') for name in (preloaded or "").split(",") if name.strip()]
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in (*present, LIBRARY))
    caution = "" if preloaded is not None else " /* keep what SHOW shared_preload_libraries lists */"
    return f"ALTER SYSTEM SET shared_preload_libraries = {listed}{caution};"
