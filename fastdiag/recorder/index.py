"""The index of a directory of recordings: what was taken, when and why; one JSON object a line.

It is also the memory of the limits. A line that cannot be read, such as the last one of a process that was
killed, is passed over: the snapshots themselves are files of their own.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.moment import iso_of, seconds_of
from fastdiag.recorder.recording import Trigger
from fastdiag.redact import Redactor

NAME: Final = "index.jsonl"
MAX_BYTES: Final = 4 * 2**20
"""Read of it at most, from its end; a line has about 500 bytes."""
MAX_KEYS: Final = 200
"""Alerts of one notification that are told apart; more of them are one trouble."""
MAX_UNWRITTEN: Final = 1000
"""Entries that a full disk refuses, remembered until there is room; many more than an hour may have."""
KEY_CHARS: Final = 12
"""Of a digest: enough to tell some thousand alerts apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One attempt to take a snapshot.

    at      seconds since the epoch; on disk without the fraction
    keys    digests of the trigger's keys, which may be any foreign text
    file    name of the snapshot in the directory; None where it failed, and ``failed`` says why
    cause   the first cause and its probability, as it was judged then
    """

    at: float
    occasion: str
    name: str
    why: str
    keys: tuple[str, ...] = ()
    file: str | None = None
    service: str | None = None
    status: str | None = None
    cause: str | None = None
    probability: float | None = None
    failed: str | None = None


def digests(trigger: Trigger) -> tuple[str, ...]:
    """Return the keys of a trigger as the index keeps them: short, and none of their text."""
    each = (hashlib.sha256(key.encode("utf-8", "replace")).hexdigest() for key in trigger.keys[:MAX_KEYS])
    return tuple(digest[:KEY_CHARS] for digest in each)


def entry_of(trigger: Trigger, at: float, file: Path, diagnosis: Diagnosis) -> Entry:
    """Return the entry of a snapshot that was taken."""
    mask = Redactor.of(())
    first = diagnosis.causes[0] if diagnosis.causes else None
    return Entry(
        at=at,
        occasion=trigger.occasion.value,
        name=mask.label(trigger.name),
        why=mask.text(trigger.why),
        keys=digests(trigger),
        file=file.name,
        service=diagnosis.snapshot.service,
        status=diagnosis.status.value,
        cause=first.id if first else None,
        probability=first.probability if first else None,
    )


def failure_of(trigger: Trigger, at: float, why: str) -> Entry:
    """Return the entry of a snapshot that could not be taken."""
    mask = Redactor.of(())
    return Entry(
        at=at,
        occasion=trigger.occasion.value,
        name=mask.label(trigger.name),
        why=mask.text(trigger.why),
        keys=digests(trigger),
        failed=mask.text(why),
    )


class Index:
    """The file; what cannot be written is remembered in this process, so that the limits still hold."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._unwritten: list[Entry] = []

    def entries(self) -> tuple[Entry, ...]:
        """Return all that is known, the oldest first."""
        return (*self._read(), *self._unwritten)

    def add(self, entry: Entry) -> None:
        """Append an entry, and those that could not be written before.

        Raises:
            FastdiagError: it cannot be written; it counts all the same.

        """
        self._unwritten = [*self._unwritten[-MAX_UNWRITTEN:], entry]
        try:
            _append(self._path, "".join(map(_line, self._unwritten)))
        except OSError as error:
            raise FastdiagError(f"{self._path} cannot be written: {error.strerror or error}") from None
        self._unwritten.clear()

    def forget(self, files: Collection[str], before: float) -> None:
        """Drop the entries of files that are gone and too old to bear on the limits."""
        entries = self._read()
        kept = [one for one in entries if one.file in files or one.at >= before]
        if len(kept) < len(entries):
            with suppress(OSError):  # no harm: they are dropped the next time
                _replace(self._path, "".join(map(_line, kept)))

    def _read(self) -> tuple[Entry, ...]:
        try:
            with self._path.open("rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - MAX_BYTES))
                lines = stream.read(MAX_BYTES).splitlines()
        except OSError:
            return ()
        return tuple(entry for line in lines if (entry := _entry(line)))


def _append(path: Path, text: str) -> None:
    with open(path, "ab+", opener=_private) as stream:
        if stream.tell() > 0:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":  # a process was killed here
                text = f"\n{text}"
        stream.write(text.encode("ascii"))


def _private(path: str, flags: int) -> int:
    """Open a file that, when it is new, only its owner can read."""
    return os.open(path, flags, 0o600)


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode("ascii"))
        Path(name).replace(path)
    except BaseException:  # Ctrl-C is none
        Path(name).unlink(missing_ok=True)
        raise


def _line(entry: Entry) -> str:
    known = {
        "at": iso_of(entry.at),
        "occasion": entry.occasion,
        "name": entry.name,
        "why": entry.why,
        "file": entry.file,
        "service": entry.service,
        "status": entry.status,
        "cause": entry.cause,
        "probability": None if entry.probability is None else round(entry.probability, 4),
        "failed": entry.failed,
        "keys": list(entry.keys),
    }
    return json.dumps(known) + "\n"


def _entry(line: bytes) -> Entry | None:
    try:
        known = json.loads(line)
        at = seconds_of(known["at"])
        if at is None:
            return None
        return Entry(
            at=at,
            occasion=str(known["occasion"]),
            name=str(known["name"]),
            why=str(known["why"]),
            keys=tuple(map(str, known["keys"])),
            file=_text(known.get("file")),
            service=_text(known.get("service")),
            status=_text(known.get("status")),
            cause=_text(known.get("cause")),
            probability=None if known.get("probability") is None else float(known["probability"]),
            failed=_text(known.get("failed")),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
