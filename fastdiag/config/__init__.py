"""Settings: what the user asked for, from flags, environment and fastdiag.yaml."""

from fastdiag.config.checks import KEEPS_THE_PAST, SOURCES
from fastdiag.config.settings import Settings, load_settings

__all__ = ["KEEPS_THE_PAST", "SOURCES", "Settings", "load_settings"]
