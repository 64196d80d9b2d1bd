"""fastdiag.yaml: what a team keeps about its service, so that nobody types it at 3 a.m."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.config.references import without_references
from fastdiag.config.written import Written, written
from fastdiag.errors import ConfigError
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.files import MAX_FILE_BYTES, read_yaml
from fastdiag.located.located_yaml import Listing, Node, Table
from fastdiag.located.problems import Place, Problems
from fastdiag.located.readers import read_entries, read_flag, read_texts, read_word
from fastdiag.model.target import Stacks

__all__ = ["ConfigFile", "Written", "read_config_file"]

TEXTS: Final = (
    "service",
    "prometheus",
    "selector",
    "postgres",
    "pgbouncer",
    "app_url",
    "metrics_url",
    "window",
    "before",
    "deadline",
)
CARE: Final = ("stacks", "gentle")
"""How much the service may notice."""
LISTS: Final = ("queue", "cache", "log")
ACCESS: Final = ("token", "token_file", "username", "password", "ca_file")
"""How one gets at Prometheus or Loki, beside its URL."""
SHAPE: Final = Shape("fastdiag.yaml", (), (*TEXTS, *LISTS, *CARE, "loki", "rules", "parameters"))
SERVERS: Final = ("prometheus", "loki")
"""What may be a mapping of the URL and the way to log in."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The content of a fastdiag.yaml; all empty when there is none. References are not resolved yet.

    servers     how one gets at Prometheus and Loki, by the names of SERVERS
    rules       folders of rules of the team's own, relative to the file
    parameters  thresholds of the team's own, such as `slow: 300ms`
    """

    path: Path | None = None
    texts: Mapping[str, Written] = field(default_factory=dict)
    lists: Mapping[str, tuple[Written, ...]] = field(default_factory=dict)
    servers: Mapping[str, ServerAccess] = field(default_factory=dict)
    stacks: Stacks = Stacks.WHEN_BLOCKED
    is_gentle: bool = False
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, Written] = field(default_factory=dict)

    @property
    def holds_secrets(self) -> bool:
        """Whether a secret itself stands in the file, not only the name of a variable that holds it."""
        from fastdiag.redact import Redactor  # noqa: PLC0415 - a tenth of what starts before sources are asked

        bare = [without_references(one.text) for one in self._all()]
        named = [without_references(one.text) for server in self.servers.values() for one in server.secret]
        mask = Redactor.of(())
        return any(named) or any(mask.text(text) != text for text in bare)

    def _all(self) -> Iterator[Written]:
        yield from self.texts.values()
        for several in self.lists.values():
            yield from several


def read_config_file(path: Path) -> ConfigFile:
    """Read a fastdiag.yaml.

    Raises:
        ConfigError: all that is wrong with it, each with file:line:column and the nearest right word.

    """
    if _says_nothing(path):
        return ConfigFile(path=path)
    problems = Problems(ConfigError, str(path))
    tree = _tree(path, problems)
    problems.raise_any()
    if tree is None:
        return ConfigFile(path=path)
    file = _content(Fields(tree, SHAPE, problems), path, problems)
    problems.raise_any()
    return file


def _content(fields: Fields, path: Path, problems: Problems) -> ConfigFile:
    nodes = {name: fields.get(name) for name in (*TEXTS, "loki")}
    servers = {}
    for name in SERVERS:
        if isinstance(table := nodes[name], Table):
            server = Fields(table, Shape(f"'{name}'", ("url",), (*ACCESS, "headers")), problems)
            nodes[name] = server.get("url")
            servers[name] = _server(server, problems)
    return ConfigFile(
        path=path,
        texts=_texts(nodes, problems),
        lists={name: several for name in LISTS if (several := _several(fields, name, problems))},
        servers=servers,
        stacks=_stacks(fields, problems),
        is_gentle=bool(fields.read("gentle", read_flag)),
        rules=_rules(fields, path, problems),
        parameters=_mapping(fields, "parameters", problems),
    )


def _stacks(fields: Fields, problems: Problems) -> Stacks:
    node = fields.get("stacks")
    word = read_word(node, "'stacks'", tuple(Stacks), problems) if node else None
    return Stacks(word) if word else Stacks.WHEN_BLOCKED


def _server(fields: Fields, problems: Problems) -> ServerAccess:
    return ServerAccess(
        access=_texts({name: fields.get(name) for name in ACCESS}, problems),
        headers=_mapping(fields, "headers", problems),
    )


def _texts(nodes: Mapping[str, Node | None], problems: Problems) -> dict[str, Written]:
    read = {name: written(node, name, problems) for name, node in nodes.items()}
    return {name: one for name, one in read.items() if one}


def _says_nothing(path: Path) -> bool:
    """Whether a file holds but comments: a template in which nothing is filled in yet."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return False
        lines = path.read_bytes().splitlines()
    except (OSError, ValueError):  # what is wrong is told when it is read
        return False
    return all(line.lstrip()[:1] in {b"", b"#"} for line in lines)


def _tree(path: Path, problems: Problems) -> Node | None:
    try:
        return read_yaml(path, str(path), problems)
    except OSError as error:  # a folder on the way to it is closed to us
        problems.note(Place(str(path)), f"the file cannot be read: {error.strerror}")
    except ValueError as error:  # a NUL in its name
        problems.note(Place(str(path)), f"the file cannot be read: {error}")
    return None


def _rules(fields: Fields, path: Path, problems: Problems) -> tuple[Path, ...]:
    folders = fields.read("rules", read_texts) or ()
    for folder in folders:
        if not (path.parent / folder.text).is_dir():
            problems.note(folder.place, f"there is no folder {folder.text!r} beside this file")
    return tuple(path.parent / folder.text for folder in folders)


def _several(fields: Fields, name: str, problems: Problems) -> tuple[Written, ...]:
    """Return the texts of a list, or the one that stands in its place."""
    node = fields.get(name)
    if isinstance(node, Listing):
        return tuple(Written(item.text.strip(), item.place) for item in fields.texts(name))
    one = written(node, name, problems)
    return (one,) if one else ()


def _mapping(fields: Fields, name: str, problems: Problems) -> dict[str, Written]:
    node = fields.get(name)
    entries = read_entries(node, repr(name), problems) if node else ()
    return _texts({key.text: value for key, value in entries}, problems)
