"""What an incident needs of the machine, and whether this one has it."""

import enum
import os
import shutil
from pathlib import Path


class Need(enum.Enum):
    """A server program or a right; the value is how a person would call it."""

    POSTGRES = "PostgreSQL"
    PROMETHEUS = "Prometheus"
    PGBOUNCER = "PgBouncer"
    REDIS = "Redis"
    RABBITMQ = "RabbitMQ"
    CONTROL_GROUPS = "root, to limit CPU or memory by a control group"
    NAMESPACES = "root, for a mount or network namespace"

    @property
    def is_met(self) -> bool:
        """Whether this machine has it."""
        is_root = os.geteuid() == 0
        match self:
            case Need.POSTGRES:
                return _has("postgres") or any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
            case Need.PROMETHEUS | Need.PGBOUNCER:
                return _has(self.value.lower())
            case Need.REDIS | Need.RABBITMQ:
                return _has(f"{self.value.lower()}-server")
            case Need.CONTROL_GROUPS:
                return is_root and os.access("/sys/fs/cgroup", os.W_OK)
            case Need.NAMESPACES:
                return is_root and _has("unshare")


def _has(program: str) -> bool:
    # Debian puts some servers where only root's PATH leads.
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None
