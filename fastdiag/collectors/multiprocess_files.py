"""What workers that are gone still say on a page that several share through a directory.

prometheus_client keeps a file of gauges for each process in PROMETHEUS_MULTIPROC_DIR. When a worker is
killed, or the server's hook for the end of a worker does not call mark_process_dead(), its file stays, and
what its gauges said last is added to the page for ever.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.doubt import Doubt
from fastdiag.model.target import Local

SOURCES: Final = ("prometheus", "scrape")
MAX_FILES: Final = 500
MAX_FILE_BYTES: Final = 4_000_000
MAX_NAMED: Final = 2
_FILE: Final = re.compile(r"(?:counter|histogram|summary|gauge_[a-z]+)_\d+\.db")
_GAUGE: Final = re.compile(r"gauge_[a-z]+_(\d+)\.db")
_HEAD: Final = struct.Struct("=I4x")
_LENGTH: Final = struct.Struct("=I")
_VALUE: Final = struct.Struct("=dd")
"""A file says how many bytes of it are used, then come entries: length and text of a key, value and time."""


def of_dead_workers(proc: Proc, local: Local, signals: Mapping[str, tuple[str, ...]]) -> Iterator[Doubt]:
    """Yield which gauges (names of ``signals``) still hold what workers said that do not live any more.

    Silent where the directory is not known, or may not be read: that is no sign of anything.
    """
    found = next((place for pid in local.workers if (place := _directory(proc, pid))), None)
    if found is None:
        return
    root, folder = found
    left: Counter[str] = Counter()
    dead = 0
    for file in _gauge_files(root, folder):
        values = {metric: value for metric, value in _values(file) if metric in signals and value > 0}
        left.update(values)
        dead += bool(values)
    if left:
        told = ", ".join(f"{metric} {value:g}" for metric, value in left.most_common(MAX_NAMED))
        yield Doubt(
            id="dead-workers-counted",
            says=f"workers that are gone ({dead}) are still counted: {told}",
            signals=tuple(signal for metric in left for signal in signals[metric]),
            sources=SOURCES,
            mend="call mark_process_dead(pid) in child_exit; after a kill, empty the directory and restart",
        )


def _directory(proc: Proc, pid: int) -> tuple[Path, Path] | None:
    """Return the root of a worker's files, and the directory in which it keeps its metrics, as we see them.

    A worker that writes there has its files open, however it was told the place.
    """
    links, status = proc.fd_links(pid), proc.status(pid)
    if isinstance(links, Unreadable) or isinstance(status, Unreadable):
        return None
    paths = (Path(link) for link in links.values() if link.endswith(".db"))
    path = next((path for path in paths if _FILE.fullmatch(path.name)), None)
    root = proc.root / str(pid) / "root"
    if path is None or not _is_alive(root, str(status.namespace_pid)):
        return None
    return root, root / path.parent.relative_to("/")


def _is_alive(root: Path, pid: str) -> bool:
    """Whether a process of the worker's own namespace lives; its /proc shows those, in a container too."""
    try:
        return (root / "proc" / pid).exists()
    except OSError:
        return True


def _gauge_files(root: Path, folder: Path) -> Iterator[Path]:
    """Yield the files of gauges that processes left which do not live."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, MAX_FILES))
    except OSError:
        return
    for name in names:
        match = _GAUGE.fullmatch(name)
        if match and not _is_alive(root, match[1]):
            yield folder / name


def _values(file: Path) -> Iterator[tuple[str, float]]:
    """Yield the metric's name and the value of each entry, as far as the file is what it should be."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES)
        (used,) = _HEAD.unpack_from(raw)
        at = _HEAD.size
        while at < min(used, len(raw)):
            (length,) = _LENGTH.unpack_from(raw, at)
            end = at + _LENGTH.size + length
            name = json.loads(raw[at + _LENGTH.size : end])[0]
            value, _ = _VALUE.unpack_from(raw, end)
            yield str(name), float(value)
            at = end + _VALUE.size
    except (OSError, ValueError, LookupError, TypeError, struct.error):
        return
