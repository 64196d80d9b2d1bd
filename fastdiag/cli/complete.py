"""What the tab key offers. Cheap and silent: no source is asked, and a broken rule file offers nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path


def matching(words: Iterable[str], incomplete: str) -> list[str]:
    """Return the words that begin with what has been typed."""
    return [word for word in words if word.startswith(incomplete)]


def sources(incomplete: str) -> list[str]:
    """Complete a source of `snapshot`."""
    from fastdiag.config import SOURCES  # noqa: PLC0415 - loaded when the tab key is pressed

    return matching(SOURCES, incomplete)


def symptoms(incomplete: str) -> list[str]:
    """Complete the id of a symptom of the built-in table."""
    return matching(_symptom_ids(), incomplete)


def causes(incomplete: str) -> list[str]:
    """Complete the id of a cause of the built-in table."""
    return matching(_cause_ids(), incomplete)


def signals(incomplete: str) -> list[str]:
    """Complete the id of a signal of the built-in table."""
    return matching(_signal_ids(), incomplete)


def explainable(incomplete: str) -> list[str]:
    """Complete the id of a cause, symptom, limit or check of the built-in table."""
    ids = (*_cause_ids(), *_symptom_ids(), *_limit_ids(), *_check_ids())
    return matching(dict.fromkeys(ids), incomplete)


def checks(incomplete: str) -> list[str]:
    """Complete the id of a check of the audit's built-in table."""
    return matching(_check_ids(), incomplete)


def incidents(incomplete: str) -> list[str]:
    """Complete an incident of the demo."""
    from fastdiag.demo.incidents import INCIDENTS  # noqa: PLC0415 - loaded when the tab key is pressed

    return matching([incident.id for incident in INCIDENTS], incomplete)


def symptom_titles() -> dict[str, str]:
    """Return the titles of the built-in symptoms by id, for the help page."""
    rules = _rules()
    rows = _rows_of(rules / "symptoms.yaml") if rules else ()
    return {row["id"]: row.get("title", "") for row in rows if "id" in row}


def _rules() -> Path | None:
    from fastdiag.errors import RuleError  # noqa: PLC0415 - loaded when the tab key is pressed
    from fastdiag.rulebook.folders import builtin_rules  # noqa: PLC0415 - likewise

    try:
        return builtin_rules()
    except RuleError:
        return None


def _cause_ids() -> list[str]:
    """Return the ids of causes: the names of their files."""
    rules = _rules()
    return sorted(path.stem for path in rules.glob("causes/*.yaml")) if rules else []


def _symptom_ids() -> list[str]:
    return list(symptom_titles())


def _signal_ids() -> list[str]:
    from fastdiag.errors import RuleError  # noqa: PLC0415 - loaded when the tab key is pressed
    from fastdiag.rulebook.groundwork import load_groundwork  # noqa: PLC0415 - likewise

    rules = _rules()
    try:
        return list(load_groundwork(rules).catalogue.signals) if rules else []
    except RuleError:
        return []


def _limit_ids() -> list[str]:
    rules = _rules()
    return [row["id"] for row in _rows_of(rules / "limits.yaml") if "id" in row] if rules else []


def _check_ids() -> list[str]:
    rules = _rules()
    return [row["id"] for row in _rows_of(rules / "audit" / "checks.yaml") if "id" in row] if rules else []


def _rows_of(file: Path) -> Iterator[dict[str, str]]:
    """Yield the plain texts of the rows of a file, without the price of reading the whole table."""
    from fastdiag.located.files import read_yaml  # noqa: PLC0415 - loaded when the tab key is pressed
    from fastdiag.located.located_yaml import Listing, Scalar, Table  # noqa: PLC0415 - likewise
    from fastdiag.located.problems import Problems  # noqa: PLC0415 - likewise

    tree = read_yaml(file, file.name, Problems())
    rows = tree.items if isinstance(tree, Listing) else ()
    for row in rows:
        entries = row.entries if isinstance(row, Table) else ()
        yield {key.text: value.text for key, value in entries if isinstance(value, Scalar)}
