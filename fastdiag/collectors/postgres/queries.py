"""The fixed list of statements: SQL in files, each named by the lowest server version that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

OLDEST_SERVER: Final = 120000
"""Lowest server_version_num that the statements are written for."""


_SCHEMA: Final = "{schema}"
"""Stands in a statement for the schema of an extension, which differs from server to server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An extension in the connected database.

    schema          where it is, quoted as SQL needs it
    server_version  lowest server_version_num that shipped it as it is: it may be older than the server
    """

    schema: str
    server_version: int


def statement(name: str, server_version: int, schema: str = "") -> str:
    """Return the statement of that name for a server_version_num: the newest file that is not too new.

    ``schema`` is that of an extension, quoted by the server. Raises LookupError when there is no such file.
    """
    fitting = [version for version in _versions(name) if version <= server_version]
    if not fitting:
        raise LookupError(f"no statement {name} for server version {server_version}")
    text = _folder().joinpath(f"{name}_{max(fitting)}.sql").read_text(encoding="utf-8").strip()
    return text.replace(_SCHEMA, schema)


@cache
def _versions(name: str) -> tuple[int, ...]:
    stems = (file.name.removesuffix(".sql") for file in _folder().iterdir())
    named = (stem.rpartition("_") for stem in stems)
    return tuple(int(version) for stem, _, version in named if stem == name)


@cache
def _folder() -> Traversable:
    return files("fastdiag.collectors") / "queries"
