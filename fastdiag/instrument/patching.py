"""Methods of other libraries, wrapped once, and only those of libraries that the application has imported.

A library may be imported long after the application was instrumented, or be half imported right now: what is
not there yet is looked for again with every turn of the ticker.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from fastdiag.instrument.guard import tell_once

_MARK: Final = "_fastdiag_wrapped"

# A method of a foreign library: what it takes and returns is its own affair.
Method = Callable[..., Any]


def wrap(owner: type, name: str, wrapper_of: Callable[[Method], Method]) -> None:
    """Put a wrapper in the place of a method, unless one is there already."""
    original: Method = getattr(owner, name)
    if not hasattr(original, _MARK):
        wrapper = wraps(original)(wrapper_of(original))
        setattr(wrapper, _MARK, True)
        setattr(owner, name, wrapper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What is done to a library when it is there.

    module   once this is imported
    needs    names that the module must have by then: it may be half imported
    install  does it; may import the module
    """

    module: str
    needs: tuple[str, ...]
    install: Callable[[], None]

    @property
    def is_due(self) -> bool:
        """Whether the library is there."""
        module = sys.modules.get(self.module)
        return module is not None and all(hasattr(module, name) for name in self.needs)


class Patches:
    """Those that wait for their library."""

    def __init__(self, waiting: tuple[Patch, ...]) -> None:
        self._waiting = waiting

    def install(self) -> None:
        """Install each whose library is there by now; one that fails is told once, and not tried again."""
        for patch in self._waiting:
            if patch.is_due:
                self._waiting = tuple(other for other in self._waiting if other is not patch)
                try:
                    patch.install()
                except Exception as error:  # noqa: BLE001 - whatever this version of the library is like
                    tell_once(patch.module, f"this version is not known ({type(error).__name__}: {error})")
