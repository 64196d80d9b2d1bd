"""What a user without rights can read and write here: told before a run fails at night."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from fastdiag.config.later.job import POD_STATE as STATE


def closed_to_others(paths: Iterable[Path]) -> Iterator[str]:
    """Yield a sentence for every path here that a user without rights cannot read."""
    for path in paths:
        barred = next((part for part in (path, *path.parents) if not _is_open(part)), None)
        if barred is not None:
            why = "" if barred == path else f": {barred} is closed to others"
            yield f"the user of the unit cannot read {path}{why}; chmod or move it, or name a --user"


def _is_open(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return True
    return bool(mode & (stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH))


def unwritable_by_others(folders: Iterable[Path]) -> Iterator[str]:
    """Yield a sentence for every folder in which a user without rights cannot write."""
    for folder in folders:
        try:
            is_open = bool(folder.stat().st_mode & stat.S_IWOTH)
        except OSError:
            continue
        if not is_open and not folder.is_relative_to(STATE):
            yield (f"the user of the unit cannot write to {folder}; name a --user, or a file below {STATE}")
