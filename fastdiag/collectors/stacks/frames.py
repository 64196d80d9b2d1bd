"""Whose code a frame is, and what a person calls it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from pathlib import PurePath
from typing import Final

from fastdiag.collectors.stacks.pyspy import Frame

_INSTALLED: Final = re.compile(r"/(?:site|dist)-packages/(.+)$")
_SHIPPED: Final = re.compile(r"/(?:python|pypy)3\.\d+t?/(?!(?:site|dist)-packages/)(.+)$")
"""The standard library lies in lib/python3.X, installed packages in a folder of that."""
_LOCAL: Final = re.compile(r"<locals>\.|^.*<locals>\.")
MAX_FOLDERS: Final = 3
"""Of a path that does not lie below the working directory so much is shown, from its end."""


class Origin(Enum):
    """Who wrote the code of a frame."""

    APPLICATION = auto()
    LIBRARY = auto()
    PYTHON = auto()


def origin(frame: Frame) -> Origin:
    """Return who wrote the code of a frame; what has no file (``<frozen importlib>``) is Python's.

    The script that starts a server (bin/uvicorn) lies beside the interpreter, and is of a library.
    """
    if frame.file.startswith("<"):
        return Origin.PYTHON
    if _INSTALLED.search(frame.file) or _is_script(PurePath(frame.file)):
        return Origin.LIBRARY
    return Origin.PYTHON if _SHIPPED.search(frame.file) else Origin.APPLICATION


def _is_script(path: PurePath) -> bool:
    return path.parent.name == "bin" and not path.suffix


def innermost(frames: Iterable[Frame], wanted: Origin) -> Frame | None:
    """Return the innermost frame of this origin."""
    return next((frame for frame in frames if origin(frame) is wanted), None)


def module_path(frame: Frame) -> str:
    """Return the path of a library's file below the folder of libraries: `requests/api.py`."""
    found = _INSTALLED.search(frame.file) or _SHIPPED.search(frame.file)
    return found[1] if found else frame.file


def called(frame: Frame) -> str:
    """Return what a library's function is called by those who use it: `requests.get`, `subprocess.run`."""
    package = module_path(frame).split("/")[0].removesuffix(".py")
    name = _LOCAL.sub("", frame.function)
    return f"{package}.{name}"


def place(frame: Frame, cwd: str | None) -> str:
    """Return `shop/pricing.py:42 in total`, the path as seen from the service's working directory."""
    path = PurePath(frame.file)
    if cwd and path.is_relative_to(cwd):
        path = path.relative_to(cwd)
    elif len(path.parts) > MAX_FOLDERS:
        path = PurePath(*path.parts[-MAX_FOLDERS:])
    return f"{path}:{frame.line} in {_LOCAL.sub('', frame.function)}"
