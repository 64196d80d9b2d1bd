"""fastdiag.yaml: what a team keeps about its service, so that nobody types it at 3 a.m."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.errors import ConfigError
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.files import MAX_FILE_BYTES, read_yaml
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Place, Problems
from fastdiag.located.readers import read_entries, read_text, read_texts

TEXTS: Final = (
    "service",
    "prometheus",
    "selector",
    "postgres",
    "app_url",
    "metrics_url",
    "window",
    "before",
    "deadline",
)
SHAPE: Final = Shape("fastdiag.yaml", (), (*TEXTS, "rules", "parameters"))


@dataclass(frozen=True, slots=True)
class Written:
    """A text and where it stands. It may be a password: it does not print."""

    text: str = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The content of a fastdiag.yaml; all empty when there is none.

    rules       folders of rules of the team's own, relative to the file
    parameters  thresholds of the team's own, such as `slow: 300ms`
    """

    path: Path | None = None
    texts: Mapping[str, Written] = field(default_factory=dict)
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, Written] = field(default_factory=dict)


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
    fields = Fields(tree, SHAPE, problems)
    texts = {name: written for name in TEXTS if (written := _written(fields.get(name), name, problems))}
    rules = _rules(fields, path, problems)
    parameters = _parameters(fields, problems)
    problems.raise_any()
    return ConfigFile(path=path, texts=texts, rules=rules, parameters=parameters)


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


def _parameters(fields: Fields, problems: Problems) -> dict[str, Written]:
    node = fields.get("parameters")
    entries = read_entries(node, "'parameters'", problems) if node else ()
    read = {key.text: _written(value, key.text, problems) for key, value in entries}
    return {name: written for name, written in read.items() if written}


def _written(node: Node | None, name: str, problems: Problems) -> Written | None:
    text = None if node is None else read_text(node, repr(name), problems)
    return Written(text, node.place) if node is not None and text else None
