"""Settings: what the user asked for, from flags, environment and fastdiag.yaml."""

from fastdiag.config.settings import SOURCES, Settings, load_settings

__all__ = ["SOURCES", "Settings", "load_settings"]
