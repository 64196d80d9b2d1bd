"""The Python files of a folder, as text: bounded in number and size, and whatever cannot be read is told."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import os
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.model.audit import CodePlace, Unread

MAX_FILES: Final = 20_000
MAX_FILE_BYTES: Final = 2_000_000
"""Larger ones are generated: tables of constants, not calls."""
MAX_TREE_BYTES: Final = 60_000_000
"""About 1.5 million lines; their syntax trees take 2 GB of memory."""
MAX_DEPTH: Final = 60

NOT_OURS: Final = frozenset(
    {
        "venv",
        "env",
        "node_modules",
        "site-packages",
        "dist-packages",
        "__pycache__",
        "build",
        "dist",
        "__pypackages__",
    },
)
"""Folders that hold other people's code or results. Hidden ones (.venv, .git, .tox) are left out as well."""
TESTS: Final = ("tests/", "test/", "testing/", "test_*.py", "*_test.py", "conftest.py")
"""What runs in no production: left out unless the folder that is asked for is such a one itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file; ``name`` is relative to the folder, with /; ``digest`` is the sha256 of its bytes."""

    name: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All that was found below a folder, in a fixed order."""

    folder: Path
    files: tuple[SourceFile, ...]
    unread: tuple[Unread, ...]


def find(folder: Path, *, exclude: Sequence[str] = ()) -> Tree:
    """Read the Python files of a folder, or the one file that it is.

    ``exclude`` are globs of paths relative to the folder; one that ends with / names folders.
    """
    files: list[SourceFile] = []
    unread: list[Unread] = []
    patterns = (*TESTS, *exclude)
    root = folder if folder.is_dir() else folder.parent
    listed = _paths(folder, patterns, unread) if folder.is_dir() else iter((folder,))
    size = 0
    for count, path in enumerate(listed):
        if count >= MAX_FILES or size >= MAX_TREE_BYTES:
            limit = f"{MAX_FILES:,} files" if count >= MAX_FILES else f"{MAX_TREE_BYTES // 1_000_000} MB"
            unread.append(Unread(place=CodePlace("."), reason=f"more than {limit}: the rest is not read"))
            break
        read = _read(path, path.relative_to(root).as_posix())
        if isinstance(read, Unread):
            unread.append(read)
        else:
            files.append(read)
            size += len(read.text)
    return Tree(folder=root, files=tuple(files), unread=tuple(unread))


def _paths(folder: Path, patterns: Sequence[str], unread: list[Unread]) -> Iterator[Path]:
    """Walk without following symbolic links to folders: they may lead out, or round in circles."""

    def told(error: OSError) -> None:
        name = os.path.relpath(error.filename, folder) if error.filename else "."
        unread.append(
            Unread(place=CodePlace(Path(name).as_posix()), reason=error.strerror or "cannot be listed")
        )

    for here, folders, names in os.walk(folder, onerror=told):
        place = Path(here).relative_to(folder)
        folders[:] = sorted(name for name in folders if _is_entered(place / name, patterns))
        if len(place.parts) >= MAX_DEPTH:
            folders.clear()
        for name in sorted(names):
            if name.endswith(".py") and not _is_excluded(place / name, patterns, is_folder=False):
                yield Path(here) / name


def _is_entered(path: Path, patterns: Sequence[str]) -> bool:
    name = path.name
    is_ours = (
        not name.startswith(".") and name not in NOT_OURS and not name.endswith((".egg-info", ".dist-info"))
    )
    return is_ours and not _is_excluded(path, patterns, is_folder=True)


def _is_excluded(path: Path, patterns: Sequence[str], *, is_folder: bool) -> bool:
    """Tell whether a glob names the path or, where it holds no /, its last part."""
    whole = path.as_posix()
    for pattern in patterns:
        bare = pattern.removesuffix("/").removesuffix("/**")
        if pattern != bare and not is_folder:
            continue
        against = whole if "/" in bare else path.name
        if fnmatch.fnmatchcase(against, bare.removeprefix("./")):
            return True
    return False


def _read(path: Path, name: str) -> SourceFile | Unread:
    """Read and decode one file as Python would: by its byte order mark, its coding line, or UTF-8."""
    place = CodePlace(name)
    try:
        if not path.is_file():  # a pipe or a device would never end
            return Unread(place=place, reason="not a regular file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            return Unread(place=place, reason=f"larger than {MAX_FILE_BYTES // 1_000_000} MB")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except OSError as error:
        return Unread(place=place, reason=error.strerror or "cannot be read")
    except (SyntaxError, UnicodeError, LookupError) as error:
        return Unread(place=place, reason=f"cannot be decoded: {error}")
    return SourceFile(name=name, text=text, digest=hashlib.sha256(content).hexdigest())
