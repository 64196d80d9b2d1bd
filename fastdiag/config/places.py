"""Which fastdiag.yaml is used: the one that is named, the one here, the user's own."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fastdiag.config.file import ConfigFile, read_config_file

CONFIG_NAME: Final = "fastdiag.yaml"
_FOLDER: Final = "fastdiag"


def find_config(given: Path | None, environ: Mapping[str, str]) -> tuple[ConfigFile, tuple[str, ...]]:
    """Return the first file of --config, ./fastdiag.yaml and the user's configuration directory, and notes.

    Files are not merged: what one reads in the file is what is in force.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong.

    """
    if given is not None:
        return _read(given)
    notes: list[str] = []
    for path in (Path(CONFIG_NAME), *_of_user(environ)):
        if not _exists(path):
            continue
        if _is_planted(path):
            notes.append(
                f"{path} is not used: it belongs to somebody else, in a folder where anybody may write;"
                f" --config {path} uses it"
            )
            continue
        file, more = _read(path)
        return file, (*notes, *more)
    return ConfigFile(), tuple(notes)


def _of_user(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the places of the user's own file, after the XDG base directory specification and macOS."""
    base, home = environ.get("XDG_CONFIG_HOME", ""), environ.get("HOME", "")
    if Path(base).is_absolute():
        yield Path(base) / _FOLDER / CONFIG_NAME
    elif home:
        yield Path(home) / ".config" / _FOLDER / CONFIG_NAME
    if home and sys.platform == "darwin":
        yield Path(home) / "Library" / "Application Support" / _FOLDER / CONFIG_NAME


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that is closed to us: `sudo -u fastdiag fastdiag` in root's home
        return False


def _is_planted(path: Path) -> bool:
    """Whether somebody else may have left the file there for us: it says where our secrets are sent."""
    try:
        file, folder = path.stat(), path.absolute().parent.stat()
    except OSError:
        return False
    sudo_uid = os.environ.get("SUDO_UID", "")
    ours = {0, os.geteuid(), *([int(sudo_uid)] if sudo_uid.isdecimal() else [])}
    return bool(folder.st_mode & stat.S_IWOTH) and file.st_uid not in ours


def _read(path: Path) -> tuple[ConfigFile, tuple[str, ...]]:
    file = read_config_file(path)
    notes = [f"settings from {path}"]
    if file.holds_secrets and _is_readable_by_all(path):
        notes.append(f"{path} holds a secret that every user of this machine can read: chmod 600 {path}")
    return file, tuple(notes)


def _is_readable_by_all(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
