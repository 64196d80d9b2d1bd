"""The last audit of each folder, kept in the user's cache: an unchanged tree is not analysed again.

A file holds one audit as JSON, with a key over everything that it depends on: the analyser's own code, its
tables, what was left out, and every byte of every file. What does not fit, or cannot be read, is as good as
absent. Nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from fastdiag import __version__
from fastdiag.audit.codec import from_row, plain, to_row
from fastdiag.model.audit import CodeAudit

MAX_KEPT: Final = 64
"""Folders whose last audit is kept; of more, those that were looked at longest ago go."""
MAX_FILE_BYTES: Final = 50_000_000
_PACKAGES: Final = ("audit", "source", "model")
"""The code that an audit depends on."""


def key_of(digests: Iterable[tuple[str, str]], *others: object) -> str:
    """Return what an audit depends on as one word: files with their digests, tables and options."""
    digest = hashlib.sha256(f"{__version__}\n{_code()}\n".encode())
    for one in others:
        digest.update(f"{json.dumps(plain(one))}\n".encode())
    for name, content in digests:
        digest.update(f"{content} {name}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _code() -> str:
    """Return sizes and times of the analyser's own files: an upgrade, or an edit, makes another one."""
    package = Path(__file__).resolve().parents[1]
    found = sorted(path for name in _PACKAGES for path in (package / name).rglob("*.py"))
    stats = ((path.name, path.stat()) for path in found)
    return " ".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)


def directory() -> Path | None:
    """Return where audits are kept; None for a user without a home."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - loaded only where something is kept

    own = user_cache_path("fastdiag")
    return own / "audit" if own.is_absolute() else None


def recall(folder: Path, key: str) -> CodeAudit | None:
    """Return the kept audit of a folder if it was made of the same; None otherwise."""
    path = _path(folder)
    if path is None:
        return None
    try:
        document = _read(path)
        return from_row(document["audit"]) if document.get("key") == key else None
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # damaged: as if absent
        return None


def last(folder: Path) -> CodeAudit | None:
    """Return the kept audit of a folder, however old; its ``digests`` tell which files are still the same."""
    path = _path(folder)
    try:
        return from_row(_read(path)["audit"]) if path else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):  # as above
        return None


def keep(folder: Path, key: str, audit: CodeAudit) -> None:
    """Keep an audit for the next time. Where that is not possible it is made anew then: no harm is done."""
    path = _path(folder)
    if path is None:
        return
    document = {"key": key, "root": str(folder.resolve()), "audit": to_row(audit)}
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, json.dumps(document).encode("utf-8", "backslashreplace"))
        for old in _newest_first(path.parent)[MAX_KEPT:]:
            old.unlink()


def _path(folder: Path) -> Path | None:
    place = directory()
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return place / f"{name}.json" if place else None


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ValueError("no file of ours is so large")
    document: dict[str, Any] = json.loads(data)
    return document


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename: two audits at once never make half a file."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:  # Ctrl-C is none
        with suppress(OSError):
            Path(name).unlink()
        raise


def _newest_first(place: Path) -> list[Path]:
    try:
        return sorted(place.glob("*.json"), key=lambda path: -path.stat().st_mtime)
    except OSError:  # another process is tidying up
        return []
