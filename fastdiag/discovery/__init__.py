"""Finding what nobody configured: local servers, their ports, metrics pages, databases and Prometheus."""

from fastdiag.discovery.discover import Found, discover

__all__ = ["Found", "discover"]
