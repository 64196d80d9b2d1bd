"""The help of `snapshot`, which ends with the symptoms that a person may report."""

from __future__ import annotations

from textwrap import shorten
from typing import Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.command import Command

COLUMNS: Final = 80
INDENT: Final = 6
MIN_ROOM: Final = 20


class SnapshotCommand(Command):
    """A command whose help lists the symptoms of the rule table; they are read only when help is wanted."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]  # Typer hides the base
        """Return the help page."""
        titles = complete.symptom_titles()
        width = max(map(len, titles), default=0)
        room = max(MIN_ROOM, COLUMNS - INDENT - width)
        rows = "".join(
            f"  {name:<{width}}  {shorten(title, room, placeholder=' ...')}\n"
            for name, title in titles.items()
        )
        if rows:
            self.epilog = f"\b\nSymptoms (--symptom ID):\n{rows}\n{self.epilog or ''}"
        return super().get_help(ctx)
