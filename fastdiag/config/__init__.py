"""Settings: what the user asked for, from flags, environment and fastdiag.yaml."""

from fastdiag.config.checks import KEEP_THE_PAST, SOURCES
from fastdiag.config.settings import Settings, load_settings

__all__ = ["KEEP_THE_PAST", "SOURCES", "Settings", "load_settings"]
