"""`fastdiag watch --record`: which symptoms are recorded where, and who is told."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastdiag.cli.recording import plan
from fastdiag.config.file import ConfigFile
from fastdiag.config.flags import Flags
from fastdiag.config.settings import Settings
from fastdiag.errors import ConfigError, nearest
from fastdiag.pipeline import Table
from fastdiag.recorder import Recorder
from fastdiag.watch.take import OnSymptoms

ANY: Final = "any"


def recording_of(
    flags: Flags, file: ConfigFile, settings: Settings, table: Table, record: Path | None, on: tuple[str, ...]
) -> OnSymptoms | None:
    """Return what keeps looks that show one of these symptoms, and tells of them; None where none is wanted.

    Raises:
        ConfigError: there is no such symptom, or something is wanted of recordings and none are.

    """
    if record is None and not on:
        _refuse_idle(flags)
        return None
    rulebook = table.whole()
    symptoms = _check_symptoms(on, [symptom.id for symptom in rulebook.symptoms])
    planned = plan(flags, file, settings.service, rulebook, record)
    return OnSymptoms(
        recorder=Recorder(planned.directory, planned.limits, send=planned.send), symptoms=symptoms
    )


def _refuse_idle(flags: Flags) -> None:
    """Refuse options that only concern recordings. Raise ConfigError when there is one."""
    for option, value in (
        ("--notify", flags.notify),
        ("--textfile", flags.textfile),
        ("--pushgateway", flags.pushgateway),
        ("--history", flags.history),
    ):
        if value:
            raise ConfigError(
                f"{option} is about recordings, and nothing is recorded", hint="add --record DIR"
            )


def _check_symptoms(on: tuple[str, ...], known: list[str]) -> frozenset[str]:
    """Return the symptoms to wait for, none for all of them. Raise ConfigError for one that there is not."""
    for word in on:
        if word not in (ANY, *known):
            hint = nearest(word, (ANY, *known)) or f"there are any, {', '.join(known)}"
            raise ConfigError(f"--on: there is no symptom {word!r}", hint=hint)
    return frozenset() if ANY in on else frozenset(on)
