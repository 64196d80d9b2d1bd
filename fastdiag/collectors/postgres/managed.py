"""Who runs the server: a managed service shows by the roles and functions that only it has."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Provider(StrEnum):
    """The managed services that are told apart, as the statement `limits` names them."""

    AURORA = "aurora"
    RDS = "rds"
    CLOUD_SQL = "cloudsql"
    AZURE = "azure"

    @property
    def label(self) -> str:
        """The name under which people know it."""
        return _LABELS[self]


_LABELS: Final = {
    Provider.AURORA: "Amazon Aurora",
    Provider.RDS: "Amazon RDS",
    Provider.CLOUD_SQL: "Google Cloud SQL",
    Provider.AZURE: "Azure Database",
}


def provider_of(name: str | None) -> Provider | None:
    """Return the managed service of that name; None for a server that shows no sign of one."""
    return Provider(name) if name in list(Provider) else None
