"""What the journal of systemd keeps of a unit, by journalctl: its files have no other reader."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.logs.lines import MAX_LINES, Batch, Line, line_of
from fastdiag.collectors.logs.pieces import pieces
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.log_place import LogUnit
from fastdiag.model.signal import Reason

PROGRAM: Final = "journalctl"
MAX_OUTPUT_BYTES: Final = 16 << 20
"""An entry has 400 bytes beside its message; of 20,000 ordinary ones this is never reached."""
MAX_ERROR_BYTES: Final = 4 << 10
MICROSECONDS_PER_S: Final = 1e6
_FIXED: Final = (
    "--output=json",
    "--output-fields=MESSAGE",
    "--all",  # long messages, too
    "--reverse",  # what is newest is read first: what is cut off is old
    "--no-pager",
    f"--lines={MAX_LINES}",
)
_UNSEEN: Final = re.compile(r"not seeing messages|insufficient permissions|permission denied", re.IGNORECASE)
_GRANT: Final = "run as root, or have the user added: `usermod -aG systemd-journal USER`"


@dataclass(slots=True, kw_only=True)
class JournalLog:
    """Asks for the entries of one unit since a moment; ``until`` is for the past, None for now.

    deadline   point of ``time.monotonic()`` at which the program is ended
    arguments  more of them for journalctl, such as the directory of another machine's journal
    """

    unit: LogUnit
    since: float
    deadline: float
    until: float | None = None
    arguments: Sequence[str] = ()
    _seen_us: int = 0
    _seen_at: float = field(default=0.0)

    @property
    def name(self) -> str:
        """The unit, as it is named after --log."""
        return self.unit.spec

    def first(self) -> Batch:
        """Return the newest entries. Raise SourceFailed when the journal cannot be read."""
        self._seen_at = time.time()
        batch = self._batch(self.since, self.until or self._seen_at)
        if not batch.lines and not self._run(("--lines=1",))[0]:
            hint = f"`systemctl status {self.unit.unit}` shows whether it is called that"
            raise SourceFailed(Reason.ABSENT, "the journal has no entry of such a unit", hint=hint)
        return batch

    def more(self) -> Batch | None:
        """Return the entries that came since; None of the past."""
        if self.until is not None:
            return None
        since, self._seen_at = self._seen_at, time.time()
        return self._batch(since, self._seen_at)

    def close(self) -> None:
        """Nothing is open between the looks."""

    def _batch(self, since: float, until: float) -> Batch:
        start = self._seen_us / MICROSECONDS_PER_S or since
        end = () if self.until is None else (f"--until=@{until:.6f}",)
        out, said = self._run((f"--since=@{start:.6f}", *end))
        entries = [entry for entry in _entries(out) if _time_us(entry) > self._seen_us]
        if not out and said:
            raise _refusal(said)
        lines = tuple(line for entry in reversed(entries) for line in _lines(entry))
        self._seen_us = max(map(_time_us, entries), default=self._seen_us)
        is_cut = len(entries) >= MAX_LINES or len(out) >= MAX_OUTPUT_BYTES
        return Batch(lines=lines[-MAX_LINES:], since=since, until=until, is_cut=is_cut)

    def _run(self, bounds: Iterable[str]) -> tuple[bytes, str]:
        """Return what journalctl prints, and what it says beside that."""
        option = "--user-unit" if self.unit.is_user else "--unit"
        command = (PROGRAM, f"{option}={self.unit.unit}", *_FIXED, *bounds, *self.arguments)
        environ = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"}
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, env=environ, start_new_session=True
            )
        except FileNotFoundError:
            raise SourceFailed(
                Reason.ABSENT,
                f"there is no {PROGRAM} here",
                hint="is this the machine where the service runs?",
            ) from None
        except OSError as error:
            why = (error.strerror or "failed").lower()
            raise SourceFailed(Reason.FAILED, f"{PROGRAM}: {why}", hint="run it by hand") from None
        with process:
            try:
                return _told(process, self.deadline)
            finally:
                process.kill()


def _told(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, str]:
    if process.stdout is None or process.stderr is None:  # never: both are pipes
        return b"", ""
    out = bytearray()
    is_over = False
    for piece in pieces(process.stdout.fileno(), deadline):
        out += piece
        is_over = not piece
        if len(out) >= MAX_OUTPUT_BYTES:
            return bytes(out), ""
    if not is_over and not out:
        raise SourceFailed(
            Reason.TIMED_OUT,
            "the journal did not answer in time",
            hint="raise --deadline; its disk may be slow",
        )
    said = b"".join(pieces(process.stderr.fileno(), deadline))[:MAX_ERROR_BYTES]
    return bytes(out), said.decode(errors="replace").strip()


def _refusal(said: str) -> SourceFailed:
    """Return what it means that there were no entries, but words."""
    if _UNSEEN.search(said):
        return SourceFailed(Reason.DENIED, "this user may not read the system's journal", hint=_GRANT)
    if "No journal files were found" in said:
        hint = "is journald running, and is this the machine where the service runs?"
        return SourceFailed(Reason.ABSENT, "there is no journal here", hint=hint)
    first = line_of(said.splitlines()[0]).text
    return SourceFailed(Reason.FAILED, f"{PROGRAM} says: {first}", hint="run it by hand")


def _entries(out: bytes) -> Iterator[Mapping[str, object]]:
    """Yield the entries, the newest first; the last one may be cut off."""
    for raw in out.split(b"\n"):
        try:
            entry = json.loads(raw)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _time_us(entry: Mapping[str, object]) -> int:
    text = str(entry.get("__REALTIME_TIMESTAMP", ""))
    return int(text) if text.isdecimal() else 0


def _lines(entry: Mapping[str, object]) -> Iterator[Line]:
    """Yield the lines of a message: a traceback that was logged at once is one entry."""
    at = _time_us(entry) / MICROSECONDS_PER_S
    for line in _text(entry.get("MESSAGE")).splitlines():
        if line.strip():
            yield line_of(line, at)


def _text(message: object) -> str:
    """Return a message; one that is no UTF-8 comes as a list of its bytes."""
    if isinstance(message, str):
        return message
    if isinstance(message, list):
        if all(isinstance(byte, int) and 0 <= byte < 256 for byte in message):  # noqa: PLR2004 - a byte
            return bytes(message).decode(errors="replace")
        return "\n".join(_text(part) for part in message)  # a field that the entry has several times
    return ""
