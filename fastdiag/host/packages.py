"""The Python packages that a process can import, by the names of directories: nothing is imported or run."""

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

MAX_FOLDERS: Final = 4
MAX_ENTRIES: Final = 20_000
"""Of one directory; the largest environments have about 2,000 packages."""

COMPILED: Final = (".so", ".dylib")

_IN_MAPS: Final = re.compile(r"(/\S.*?/(?:site|dist)-packages)/")
_METADATA: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.]*)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info"
)
_NOT_FOUND: Final = Unreadable(reason=Reason.ABSENT, detail="no site-packages of the service was found")


def packages_of(proc: Proc, pid: int) -> Mapping[str, str] | Unreadable:
    """Return name -> version of the packages installed where a process looks for them.

    Names are in lower case with hyphens. Paths are followed through the process's own root, which may be a
    container's; that takes the same user, or root.
    """
    root = proc.root / str(pid) / "root"
    try:
        root.readlink()
    except OSError as error:
        why = from_os_error(error, "the process's files")
        # A planted or foreign tree may have a directory in the place of the link.
        if why.reason is not Reason.FAILED or not root.is_dir():
            return why
    found: dict[str, str] = {}
    has_folder = False
    for folder in _folders(proc, pid, root):
        packages = _listed(root / folder.lstrip("/"))
        has_folder |= packages is not None
        found = {**(packages or {}), **found}  # what comes first shadows the rest
    return found if has_folder else _NOT_FOUND


def has_loaded(proc: Proc, pid: int, folder: str) -> bool | None:
    """Return whether a process has loaded a compiled module of a package's folder, such as `google/_upb`.

    None: it has no compiled module there (many packages have them on some platforms only), or its memory
    cannot be looked at.
    """
    maps = proc.maps(pid)
    if isinstance(maps, Unreadable):
        return None
    if f"-packages/{folder}/" in maps:
        return True
    root = proc.root / str(pid) / "root"
    places = (root / home.lstrip("/") / folder for home in _folders(proc, pid, root))
    return False if any(_has_compiled(place) for place in places) else None


def version_of(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: "8.0.2rc1" is (8, 0, 2)."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()


def _has_compiled(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(COMPILED) for entry in itertools.islice(entries, MAX_ENTRIES))
    except OSError:
        return False


def _folders(proc: Proc, pid: int, root: Path) -> list[str]:
    """Return the directories of packages: from which something is loaded, else where they ought to be."""
    maps = proc.maps(pid)
    if not isinstance(maps, Unreadable):
        paths = (_IN_MAPS.search(line) for line in maps.splitlines())
        loaded = dict.fromkeys(match[1] for match in paths if match)
        if loaded:
            return list(loaded)[:MAX_FOLDERS]
    places = (folder for home in _homes(proc, pid) for folder in _below(root, home))
    return list(dict.fromkeys(places))[:MAX_FOLDERS]


def _homes(proc: Proc, pid: int) -> Iterator[str]:
    """Yield where the interpreter's environment may be: as told, by its command, in the project's folder."""
    environ = proc.environ(pid)
    if not isinstance(environ, Unreadable) and environ.get("VIRTUAL_ENV", "").startswith("/"):
        yield environ["VIRTUAL_ENV"]
    cmdline = proc.cmdline(pid)
    if not isinstance(cmdline, Unreadable) and cmdline and cmdline[0].startswith("/"):
        yield str(Path(cmdline[0]).parent.parent)
    cwd = proc.cwd(pid)
    if not isinstance(cwd, Unreadable):
        yield f"{cwd}/.venv"
    yield "/usr/local"


def _below(root: Path, home: str) -> Iterator[str]:
    library = root / home.lstrip("/") / "lib"
    try:
        versions = sorted(name for name in os.listdir(library) if name.startswith("python3"))  # noqa: PTH208 - names, not paths
    except OSError:
        return
    for version in versions:
        for name in ("site-packages", "dist-packages"):
            yield f"{home}/lib/{version}/{name}"


def _listed(folder: Path) -> Mapping[str, str] | None:
    """Read the names and versions of one directory; None if it cannot be listed."""
    found: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= MAX_ENTRIES:
                    break
                if match := _METADATA.fullmatch(entry.name):
                    found[re.sub(r"[-_.]+", "-", match["name"]).lower()] = match["version"]
    except OSError:
        return None
    return found
