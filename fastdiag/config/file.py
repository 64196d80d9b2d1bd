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
from fastdiag.located.readers import read_entries, read_texts

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
LISTS: Final = ("queue", "cache")
ACCESS: Final = ("token", "token_file", "username", "password", "ca_file")
"""How one gets at Prometheus, beside its URL."""
SHAPE: Final = Shape("fastdiag.yaml", (), (*TEXTS, *LISTS, "rules", "parameters"))
PROMETHEUS_SHAPE: Final = Shape("'prometheus'", ("url",), (*ACCESS, "headers"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The content of a fastdiag.yaml; all empty when there is none. References are not resolved yet.

    access      how one gets at Prometheus: the keys of ACCESS
    headers     sent to Prometheus with every request
    rules       folders of rules of the team's own, relative to the file
    parameters  thresholds of the team's own, such as `slow: 300ms`
    """

    path: Path | None = None
    texts: Mapping[str, Written] = field(default_factory=dict)
    lists: Mapping[str, tuple[Written, ...]] = field(default_factory=dict)
    access: Mapping[str, Written] = field(default_factory=dict)
    headers: Mapping[str, Written] = field(default_factory=dict)
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, Written] = field(default_factory=dict)

    @property
    def holds_secrets(self) -> bool:
        """Whether a secret itself stands in the file, not only the name of a variable that holds it."""
        from fastdiag.redact import Redactor  # noqa: PLC0415 - a tenth of what starts before sources are asked

        bare = [without_references(one.text) for one in self._all()]
        secret = (self.access.get("token"), self.access.get("password"), *self.headers.values())
        named = [without_references(one.text) for one in secret if one]
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
    prometheus = fields.get("prometheus")
    access = Fields(prometheus, PROMETHEUS_SHAPE, problems) if isinstance(prometheus, Table) else None
    nodes = {name: fields.get(name) for name in TEXTS}
    if access:
        nodes["prometheus"] = access.get("url")
    return ConfigFile(
        path=path,
        texts=_texts(nodes, problems),
        lists={name: several for name in LISTS if (several := _several(fields, name, problems))},
        access=_texts({name: access.get(name) for name in ACCESS}, problems) if access else {},
        headers=_mapping(access, "headers", problems) if access else {},
        rules=_rules(fields, path, problems),
        parameters=_mapping(fields, "parameters", problems),
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
