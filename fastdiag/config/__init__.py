"""Settings: what the user asked for, from flags, environment and fastdiag.yaml."""

from fastdiag.config.checks import SOURCES
from fastdiag.config.settings import Settings, load_settings

__all__ = ["SOURCES", "Settings", "load_settings"]
