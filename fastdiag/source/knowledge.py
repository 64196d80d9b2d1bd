"""What is known of packages outside the project: other spellings of names, and what calls give."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Final

from fastdiag.model.sinks import normal

BUILTINS: Final = frozenset(dir(builtins))


class Outsiders:
    """The names outside, normalised, and the types of what they give, by two tables as rules/audit has them.

    aliases  another spelling of a name -> the one that sinks use; it holds for all that begins so:
             `sqlmodel.Session` -> `sqlalchemy.orm.Session`
    returns  what a call gives: `requests.get` -> `requests.Response`. `X.*` stands for every method of X that
             has no row of its own; `X.__call__`, `X.__enter__`, `X.__aenter__`, `X.__iter__`, `X.__getitem__`
             for calling, entering, iterating and indexing an object; `X.name` for an attribute too.
             `list[X]` is a container of X, `X | Y` either, an empty text nothing that is known.
    """

    def __init__(self, *, aliases: Mapping[str, str], returns: Mapping[str, str]) -> None:
        self._aliases = {**_ALIASES, **aliases}
        self._returns = {**_RETURNS, **returns}
        self._owners = {path.rpartition(".")[0] for path in self._returns}
        self._normal: dict[str, str] = {}

    def normal(self, path: str) -> str:
        """Return the name that sinks use for a name: of its longest beginning that has an alias."""
        known = self._normal.get(path)
        if known is None:
            known = self._normal[path] = normal(path, self._aliases)
        return known

    def result(self, path: str) -> str | None:
        """Return the type that calling ``path`` gives, as the table spells it; None where it says nothing."""
        if path in self._returns:
            return self._returns[path]
        owner = path.rpartition(".")[0]
        if f"{owner}.*" in self._returns:
            return self._returns[f"{owner}.*"]
        return None

    def is_method(self, path: str) -> bool:
        """Tell whether a name is one of a class: of a method, or of an attribute."""
        return self._is_capitalised(path.rpartition(".")[0])

    def is_class(self, path: str) -> bool:
        """Tell whether a name is that of a class: by its methods in the table, or by a capital letter."""
        if path in self._owners:
            return True
        return self._is_capitalised(path)

    @staticmethod
    def _is_capitalised(path: str) -> bool:
        last = path.rpartition(".")[2].lstrip("_")
        return path in _LOWER_CASE_CLASSES or (last[:1].isupper() and not (last.isupper() and len(last) > 4))  # noqa: PLR2004 - `UUID`, `SMTP` are classes, `SETTINGS` is none


_LOWER_CASE_CLASSES: Final = frozenset(
    {
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "bytearray",
        "complex",
        "object",
        "slice",
        "range",
        "memoryview",
        "datetime.datetime",
        "datetime.date",
        "datetime.time",
        "datetime.timedelta",
        "socket.socket",
        "threading.local",
    },
)
"""Classes of the standard library whose name does not show it; containers are known apart."""

_ALIASES: Final[Mapping[str, str]] = {
    "typing_extensions": "typing",
    "collections.abc": "typing",
    "fastapi.concurrency": "starlette.concurrency",
}
"""What is one thing for inference, whatever the table of sinks says."""

_RETURNS: Final[Mapping[str, str]] = {
    "open": "io.TextIOWrapper",
    "os.fdopen": "io.TextIOWrapper",
    "str.*": "",
    "bytes.*": "",
    "os.getenv": "str",
    "os.environ.get": "str",
    "logging.getLogger": "logging.Logger",
    "pathlib.Path.open": "io.TextIOWrapper",
    "pathlib.Path.read_text": "str",
    "pathlib.Path.read_bytes": "bytes",
    "pathlib.Path.resolve": "pathlib.Path",
    "pathlib.Path.absolute": "pathlib.Path",
    "pathlib.Path.joinpath": "pathlib.Path",
    "pathlib.Path.with_suffix": "pathlib.Path",
    "pathlib.Path.with_name": "pathlib.Path",
    "pathlib.Path.expanduser": "pathlib.Path",
    "pathlib.Path.iterdir": "list[pathlib.Path]",
    "pathlib.Path.glob": "list[pathlib.Path]",
    "pathlib.Path.rglob": "list[pathlib.Path]",
    "pathlib.Path.cwd": "pathlib.Path",
    "pathlib.Path.home": "pathlib.Path",
    "asyncio.get_event_loop": "asyncio.AbstractEventLoop",
    "asyncio.get_running_loop": "asyncio.AbstractEventLoop",
    "asyncio.new_event_loop": "asyncio.AbstractEventLoop",
}
"""Of the language and its library only: other packages stand in the table that users extend."""
