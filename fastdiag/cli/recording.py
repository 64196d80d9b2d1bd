"""What `serve` and `watch --record` share: where recordings go, who is told of them, what is said of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastdiag.cli.progress import note
from fastdiag.recorder import Declined, Limits, Recording

if TYPE_CHECKING:
    from fastdiag.config.file import ConfigFile
    from fastdiag.config.flags import Flags
    from fastdiag.model.rule import Rulebook
    from fastdiag.recorder.recorder import Send

FOLDER: Final = "recordings"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where snapshots are kept, how many, and what follows one."""

    directory: Path
    limits: Limits
    send: Send


def plan(
    flags: Flags, file: ConfigFile, service: str | None, rulebook: Rulebook, record: Path | None
) -> Plan:
    """Return what options and fastdiag.yaml say of recording; ``record`` is the directory that was typed.

    Raises:
        ConfigError: something of it makes no sense.

    """
    from fastdiag.config.history import find_history  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.config.notify import load_notify  # noqa: PLC0415 - likewise
    from fastdiag.config.recording import check_recordings  # noqa: PLC0415 - likewise
    from fastdiag.history.place import state_directory  # noqa: PLC0415 - likewise
    from fastdiag.recorder.courier import Courier  # noqa: PLC0415 - likewise
    from fastdiag.reporting.deliver import Sender  # noqa: PLC0415 - likewise

    recordings = check_recordings(file, record)
    history, notes = find_history(flags.history, file, os.environ)
    for text in notes:
        note(text)
    courier = Courier(
        notify=load_notify(flags, file=file),
        history=history,
        rulebook=rulebook,
        sender=Sender.here(state_directory()),
    )
    directory = recordings.directory or default_directory(service)
    return Plan(directory=directory.absolute(), limits=recordings.limits, send=courier)


def default_directory(service: str | None) -> Path:
    """Return where recordings of a service are kept when nobody says otherwise."""
    from fastdiag.history.place import state_directory  # noqa: PLC0415 - needed only where no path is given

    name = _UNFIT.sub("-", service or "").strip("-")
    return state_directory() / FOLDER / name if name else state_directory() / FOLDER


def tell(outcome: Recording | Declined) -> None:
    """Say on stderr what became of a trigger, in one line and one for each trouble."""
    match outcome:
        case Recording():
            from fastdiag.render.headline import headline  # noqa: PLC0415 - loaded when there is one

            diagnosis = outcome.diagnosis
            note(f"{outcome.file}: {diagnosis.status}: {headline(diagnosis)} [{outcome.trigger.why}]")
            for trouble in outcome.troubles:
                note(trouble)
        case Declined():
            note(f"no snapshot ({outcome.refusal}): {outcome.said} [{outcome.trigger.why}]")
