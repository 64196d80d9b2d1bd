"""A snapshot for commands that judge it in their own way: taken live, or read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook
    from fastdiag.model.snapshot import Snapshot


def look(flags: Flags, saved: Path | None, save: Path | None = None) -> tuple[Snapshot, Rulebook]:
    """Return the snapshot in a file, or else a new one, with the table; ``save`` keeps the new one.

    Raises like ``snapshot`` and ``diagnose``.
    """
    return _replay(flags, saved) if saved is not None else _collect(flags, save)


def _collect(flags: Flags, save: Path | None) -> tuple[Snapshot, Rulebook]:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import write  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise

    with progress() as report:
        outcome = pipeline.snapshot(load_settings(flags), report)
    for text in outcome.notes:
        note(text)
    taken = outcome.diagnosis.snapshot
    if save is not None:
        from fastdiag.render.json import render_snapshot  # noqa: PLC0415 - not before the sources are asked

        write(save, render_snapshot(taken))
    return taken, outcome.rulebook


def _replay(flags: Flags, file: Path) -> tuple[Snapshot, Rulebook]:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.diagnose import read  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise

    rulebook = pipeline.rules(load_rule_settings(flags))
    outcome = pipeline.replay(read(file, rulebook), rulebook)
    for text in outcome.notes:
        note(text)
    return outcome.diagnosis.snapshot, rulebook
