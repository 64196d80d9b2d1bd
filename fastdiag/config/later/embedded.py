"""The files of the configuration as a ConfigMap carries them: readable by many, so without a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fastdiag.config.later.present import Present
from fastdiag.config.places import CONFIG_NAME
from fastdiag.errors import ConfigError
from fastdiag.model.schedule import Embedded
from fastdiag.redact import MASK, Redactor

MAX_BYTES: Final = 900_000
"""Kubernetes keeps 1 MiB in a ConfigMap, names and all."""
_REFERENCE: Final = re.compile(r"""["']?\$\{\w+\}["']?""")
RULES: Final = "rules"
"""Folder of the rules that were named on the command line, beside fastdiag.yaml."""


def embedded(present: Present, typed_rules: Iterable[Path]) -> tuple[Embedded, ...]:
    """Return fastdiag.yaml and the files of the rules.

    Raises:
        ConfigError: a secret stands in fastdiag.yaml, rules are elsewhere than beside it, a file cannot be
            read, two have one name, or all of it is too much for a ConfigMap.

    """
    files = (*_configuration(present), *_rules(present), *_typed_rules(typed_rules))
    paths = [file.path for file in files]
    if twice := next((path for path in paths if paths.count(path) > 1), None):
        raise ConfigError(
            f"two files would be {twice} in the pod", hint="give the folders of rules other names"
        )
    size = sum(len(file.text.encode()) for file in files)
    if size > MAX_BYTES:
        raise ConfigError(
            f"fastdiag.yaml and the rules have {size:,} bytes, and a ConfigMap holds {MAX_BYTES:,}",
            hint="put the rules into the image",
        )
    return files


def _configuration(present: Present) -> Iterator[Embedded]:
    path = present.file.path
    if path is None:
        return
    if present.file.holds_secrets:
        raise ConfigError(
            f"{path} holds a secret, and a ConfigMap is no place for it",
            hint="put ${NAME} in its place: the CronJob takes the variable from a Secret",
        )
    text = "".join(f"{_without_secret(line)}\n" for line in _text(path).splitlines())
    yield Embedded(path=CONFIG_NAME, text=text)


def _without_secret(line: str) -> str:
    """Return a line; what seems to be a secret is masked in a comment, which nobody has read yet."""
    mask, bare = Redactor.of(()), _REFERENCE.sub(MASK, line)
    is_harmless = not line.lstrip().startswith("#") or mask.text(bare) == bare
    return line if is_harmless else mask.text(line)


def _rules(present: Present) -> Iterator[Embedded]:
    """Yield the folders that fastdiag.yaml names, where it will find them."""
    path = present.file.path
    for folder in present.file.rules if path else ():
        beside = os.path.relpath(folder, path.parent if path else None)
        if beside.startswith(".."):
            raise ConfigError(
                f"rules: {folder} does not lie beside {path}",
                hint="a pod has one folder for both: move the rules",
            )
        yield from _folder(folder, beside)


def _typed_rules(folders: Iterable[Path]) -> Iterator[Embedded]:
    for folder in folders:
        yield from _folder(folder, f"{RULES}/{folder.absolute().name}")


def _folder(folder: Path, place: str) -> Iterator[Embedded]:
    for file in sorted(folder.rglob("*.yaml")):
        if file.is_file():
            yield Embedded(path=os.path.normpath(f"{place}/{file.relative_to(folder)}"), text=_text(file))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path} cannot be read: {why}") from None
