"""The history that options, fastdiag.yaml and environment mean, opened for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from fastdiag.errors import ConfigError

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.config.settings import Settings
    from fastdiag.history.store import Keep, Store


class Whose:
    """The service whose history it is."""

    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this service. [default: that of fastdiag.yaml]")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open history with the settings that led to it, and how much of it is kept."""

    settings: Settings
    keep: Keep
    store: Store


@contextmanager
def opened(flags: Flags) -> Iterator[Opened]:
    """Yield the history; it is closed afterwards.

    Raises:
        ConfigError: what was given makes no sense, or the history is off.
        HistoryError: it cannot be opened.

    """
    from fastdiag.cli.progress import note  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.settings import load_history_settings  # noqa: PLC0415 - likewise
    from fastdiag.history.open import open_store  # noqa: PLC0415 - likewise

    settings = load_history_settings(flags)
    for text in settings.notes:
        note(text)
    if settings.history is None:
        raise ConfigError("the history is off", hint="--history FILE looks at one")
    store = open_store(settings.history)
    try:
        yield Opened(settings=settings, keep=settings.history.keep, store=store)
    finally:
        store.close()
