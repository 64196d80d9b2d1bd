"""Whether the demo's own dependencies are installed, and how to get them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from fastdiag.errors import FastdiagError

_NEEDED: Final = (
    "aiosqlite",
    "fastapi",
    "greenlet",
    "opentelemetry.exporter.prometheus",
    "opentelemetry.instrumentation.sqlalchemy",
    "opentelemetry.sdk",
    "prometheus_fastapi_instrumentator",
    "sqlalchemy",
    "uvicorn",
)
_HINT: Final = (
    "pip install 'fastdiag[demo]'; from a checkout: "
    "uv tool install --editable '.[demo]', or pipx install '.[demo]'"
)


def require_demo_extra() -> None:
    """Return when everything that the shop imports can be found.

    Raises:
        FastdiagError: something is missing; the hint says how to install it.

    """
    missing = [name for name in _NEEDED if not _installed(name)]
    if missing:
        raise FastdiagError(
            f"the demo needs packages that are not installed: {', '.join(missing)}", hint=_HINT
        )


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False
