"""How fastdiag.yaml says how to get at a server: beside its URL a token, a user, headers, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.config.written import Written, written
from fastdiag.located.fields import Fields
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries

ACCESS: Final = ("token", "token_file", "username", "password", "ca_file")
"""How one gets at a server beside its URL."""
KEYS: Final = (*ACCESS, "headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccess:
    """How one gets at a server beside its URL: the keys of ACCESS, and headers sent with every request."""

    access: Mapping[str, Written] = field(default_factory=dict)
    headers: Mapping[str, Written] = field(default_factory=dict)

    @property
    def secret(self) -> Iterator[Written]:
        """What of it must not stand in a file that others can read."""
        yield from (one for name in ("token", "password") if (one := self.access.get(name)))
        yield from self.headers.values()


def read_access(fields: Fields, problems: Problems) -> ServerAccess:
    """Return what the mapping of a server says beside its URL."""
    return ServerAccess(
        access=read_written({name: fields.get(name) for name in ACCESS}, problems),
        headers=read_mapping(fields, "headers", problems),
    )


def read_written(nodes: Mapping[str, Node | None], problems: Problems) -> dict[str, Written]:
    """Return the texts of these nodes by their names, those that are given and right."""
    read = {name: written(node, name, problems) for name, node in nodes.items()}
    return {name: one for name, one in read.items() if one}


def read_mapping(fields: Fields, name: str, problems: Problems) -> dict[str, Written]:
    """Return the texts of a mapping whose keys are the writer's own."""
    node = fields.get(name)
    entries = read_entries(node, repr(name), problems) if node else ()
    return read_written({key.text: value for key, value in entries}, problems)
