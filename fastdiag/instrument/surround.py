"""Puts layers around an application, outside everything that it has itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from fastdiag.instrument.requests import Application

App = TypeVar("App")
Layer = Callable[[Application], Application]
_MARK: Final = "_fastdiag_instrumented"


def surround(app: App, layer: Layer) -> App:
    """Return the application with a layer around it, the first time; afterwards as it is.

    A Starlette application is changed in place, around what answers its errors too; middleware that is added
    later lies inside the layer. Any other one is wrapped.
    """
    inner: Any = app
    if getattr(inner, _MARK, False):
        return app
    if not hasattr(inner, "build_middleware_stack"):
        served: Any = layer(cast("Application", app))
        setattr(served, _MARK, True)
        return cast("App", served)
    build: Callable[[], Application] = inner.build_middleware_stack
    inner.build_middleware_stack = lambda: layer(build())
    if inner.middleware_stack is not None:
        inner.middleware_stack = layer(inner.middleware_stack)
    setattr(inner, _MARK, True)
    return app
