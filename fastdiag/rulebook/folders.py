"""Where rule files lie: the built-in table and the folders that users add.

parameters.yaml   symptoms.yaml   limits.yaml   alerts.yaml
signals/*.yaml   causes/*.yaml   scenarios/*.yaml
checklists/*.yaml   audit/*.yaml
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.errors import RuleError, nearest
from fastdiag.located.files import read_yaml
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Place, Problems
from fastdiag.rulebook.declared import undeclared

BUILTIN_LABEL: Final = "rules"
"""How places name the built-in folder, wherever it is installed."""

PARTS: Final = ("parameters", "symptoms", "limits", "alerts", "signals", "causes")
"""What a rules folder may hold, as `Folder` has it."""

_FILES: Final = ("parameters.yaml", "symptoms.yaml", "limits.yaml", "alerts.yaml")
SCENARIOS: Final = "scenarios"
"""What beside them only tests of the table read."""

CHECKLISTS: Final = "checklists"
AUDIT: Final = "audit"
"""What only `coverage` and `audit` read."""

_FOLDERS: Final = ("signals", "causes", SCENARIOS, CHECKLISTS, AUDIT)
LISTS: Final = ("symptoms", "limits", "alerts", SCENARIOS)
"""Parts whose files are lists, and the key under which the list stands beside `schema: 1`."""

_LAYOUT: Final = (
    "a rules folder holds parameters.yaml, symptoms.yaml, limits.yaml, alerts.yaml, signals/*.yaml,"
    " causes/*.yaml, scenarios/*.yaml, checklists/*.yaml and audit/*.yaml"
)


@dataclass(frozen=True, slots=True)
class Document:
    """One rule file, read: its name as places show it, its stem, its tree."""

    label: str
    stem: str
    tree: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The rule files of one folder; every part may be missing."""

    parameters: tuple[Document, ...] = ()
    symptoms: tuple[Document, ...] = ()
    limits: tuple[Document, ...] = ()
    alerts: tuple[Document, ...] = ()
    signals: tuple[Document, ...] = ()
    causes: tuple[Document, ...] = ()
    scenarios: tuple[Document, ...] = ()
    checklists: tuple[Document, ...] = ()
    audit: tuple[Document, ...] = ()


def builtin_rules() -> Path:
    """Return the folder of the built-in table: inside an installed package, beside it in a checkout.

    Raises RuleError when neither is there: the package is damaged.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_rules", package.parent / "rules"):
        if folder.is_dir():
            return folder
    raise RuleError(
        "the built-in rules are missing",
        where=str(package),
        hint="the installation is damaged: install again",
    )


def path_of(label: str) -> Path:
    """Return where the file lies that places call ``label``: `rules/...` is the built-in table's."""
    own, builtin = Path(label), label.removeprefix(f"{BUILTIN_LABEL}/")
    return own if own.exists() or builtin == label else builtin_rules() / builtin


def read_folders(
    builtin: Path, extra: Sequence[Path], problems: Problems, parts: Collection[str] = PARTS
) -> tuple[Folder, ...]:
    """Return the rule files of all folders, the built-in first; note every file that cannot be read.

    Only ``parts`` are read, the others are left empty.
    """
    labelled = [(builtin, BUILTIN_LABEL), *((folder, str(folder)) for folder in extra)]
    return tuple(_read_folder(folder, label, parts, problems) for folder, label in labelled)


def _read_folder(folder: Path, label: str, parts: Collection[str], problems: Problems) -> Folder:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        problems.note(Place(label), f"the rules folder cannot be read: {error.strerror}", _LAYOUT)
        return Folder()
    _check_names(names, label, problems)
    return Folder(**{part: tuple(_documents(part, folder, label, names, problems)) for part in parts})


def _check_names(names: list[str], label: str, problems: Problems) -> None:
    """Refuse what looks like a misspelt rule file: nothing that a user wrote is passed over in silence."""
    known = (*_FILES, *_FOLDERS)
    for name in names:
        if name not in known and not name.startswith(".") and (hint := nearest(name, known)):
            problems.note(Place(f"{label}/{name}"), "this name means nothing in a rules folder", hint)
    if not set(names) & set(known):
        problems.note(Place(label), "there are no rules in this folder", _LAYOUT)


def _names_in(folder: Path, label: str, part: str, problems: Problems) -> list[str]:
    inside = folder / part
    if not inside.is_dir():
        return []
    names = sorted(path.name for path in inside.iterdir() if not path.name.startswith("."))
    for name in names:
        if name.endswith(".yml"):
            problems.note(Place(f"{label}/{part}/{name}"), "rule files end in .yaml", "rename the file")
    return [f"{part}/{name}" for name in names if name.endswith(".yaml")]


def _documents(
    part: str, folder: Path, label: str, present: Collection[str], problems: Problems
) -> Iterator[Document]:
    file = f"{part}.yaml"
    names = (
        _names_in(folder, label, part, problems) if part in _FOLDERS else [file] if file in present else []
    )
    for name in names:
        path, shown = folder / name, f"{label}/{name}"
        tree = read_yaml(path, shown, problems)
        if tree is not None:
            yield Document(shown, path.stem, undeclared(tree, part if part in LISTS else None, problems))
