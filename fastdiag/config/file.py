"""fastdiag.yaml: what a team keeps about its service, so that nobody types it at 3 a.m."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.errors import ConfigError
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.files import read_yaml
from fastdiag.located.problems import Problems
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The content of a fastdiag.yaml; all empty when there is none.

    rules       folders of rules of the team's own, relative to the file
    parameters  thresholds of the team's own, such as `slow: 300ms`
    """

    path: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_config_file(path: Path) -> ConfigFile:
    """Read a fastdiag.yaml.

    Raises:
        ConfigError: all that is wrong with it, each with file:line:column and the nearest right word.

    """
    problems = Problems(ConfigError, str(path))
    tree = read_yaml(path, str(path), problems)
    problems.raise_any()
    if tree is None:
        return ConfigFile(path=path)
    fields = Fields(tree, SHAPE, problems)
    texts = {name: text for name in TEXTS if (text := fields.read(name, read_text))}
    folders = fields.read("rules", read_texts) or ()
    for folder in folders:
        if not (path.parent / folder.text).is_dir():
            problems.note(folder.place, f"there is no folder {folder.text!r} beside this file")
    parameters = _parameters(fields, problems)
    problems.raise_any()
    return ConfigFile(
        path=path,
        texts=texts,
        rules=tuple(path.parent / folder.text for folder in folders),
        parameters=parameters,
    )


def _parameters(fields: Fields, problems: Problems) -> dict[str, str]:
    node = fields.get("parameters")
    entries = read_entries(node, "'parameters'", problems) if node else ()
    read = {key.text: read_text(value, repr(key.text), problems) for key, value in entries}
    return {name: text for name, text in read.items() if text}
