"""Which columns and functions each major version has, for servers that are not installed where tests run.

`python -m tests.collectors.postgres.column_lists DSN` writes the list of the server at hand (with
pg_stat_statements in its shared_preload_libraries, as a superuser); the committed ones were read from
12.22, 13.23, 14.23, 15.18, 16.14, 17.10 and 18.4.
"""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import psycopg

FOLDER: Final = Path(__file__).parent / "columns"
MAJORS: Final = range(12, 19)
EXTENSION: Final = "pg_stat_statements"
SYNTAX: Final = frozenset({"coalesce", "nullif", "extract", "epoch", "true", "false", "current_user"})
"""What reads like a function or a column and is neither."""
_COMMENT: Final = re.compile(r"--[^\n]*")
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'|%\(\w+\)s|::[a-z0-9]+(?:\[\])?")
_RELATION: Final = re.compile(r"(?:\bpg_catalog|\{schema\})\.(\w+)")
_ALIAS: Final = re.compile(r'\bAS (?:(\w+)|"(\w+)")(?: \((\w+)\))?|(?:WITH|\),)\s+(\w+) AS\b')
_WORD: Final = re.compile(r'(?:(\w+)\}?\.)?(?:"(\w+)"|\b([a-z_]\w*)\b)\s*(\()?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a statement refers to, its own aliases left out."""

    relations: frozenset[str]
    columns: frozenset[str]
    functions: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a server has."""

    relations: dict[str, list[str]]
    functions: list[str]

    def lacks(self, names: Names) -> set[str]:
        """Return what of these names the server does not have."""
        columns = {column for relation in names.relations for column in self.relations.get(relation, [])}
        return {
            *(names.relations - self.relations.keys()),
            *(names.columns - columns - set(self.functions)),
            *(names.functions - set(self.functions)),
        }


def names_in(sql: str) -> Names:
    """Return the names in a statement. Ours write keywords in capitals and every alias with AS.

    An alias is a name of the statement's own only where it can be referred to: behind a WITH.
    """
    text = _LITERAL.sub(" ", _COMMENT.sub("", sql))
    relations = set(_RELATION.findall(text))
    aliases = {name for found in _ALIAS.findall(text) for name in found if name}
    own = {*SYNTAX, *relations, *(aliases if "WITH" in text else ())}
    columns: set[str] = set()
    functions: set[str] = set()
    for qualifier, quoted, word, opening in _WORD.findall(_ALIAS.sub(" ", text)):
        name = quoted or word
        if qualifier not in {"pg_catalog", "schema"} and name not in own:
            (functions if opening else columns).add(name)
    return Names(relations=frozenset(relations), columns=frozenset(columns), functions=frozenset(functions))


def known(major: int) -> Known:
    """Return the committed list of a major version."""
    found = json.loads((FOLDER / f"{major}.json").read_text(encoding="utf-8"))
    return Known(relations=found["relations"], functions=found["functions"])


def read(connection: psycopg.Connection[tuple[object, ...]]) -> Known:
    """Ask a server for everything that any of our statements refers to."""
    statements = [names_in(file.read_text(encoding="utf-8")) for file in _files()]
    columns = (
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 ORDER BY 1"
    )
    relations = {
        name: [str(row[0]) for row in connection.execute(columns, (name,))]
        for name in sorted({name for names in statements for name in names.relations})
    }
    wanted = sorted({name for names in statements for name in names.functions})
    functions = "SELECT DISTINCT proname::text FROM pg_proc WHERE proname = ANY (%s) ORDER BY 1"
    return Known(
        relations={name: found for name, found in relations.items() if found},
        functions=[str(row[0]) for row in connection.execute(functions, (wanted,))],
    )


def _files() -> Iterable[Path]:
    folder = files("fastdiag.collectors") / "queries"
    return sorted(Path(str(folder)).glob("*.sql"))


def _write(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
        found, major = read(connection), connection.info.server_version // 10000
    listed = {"relations": found.relations, "functions": found.functions}
    (FOLDER / f"{major}.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    _write(sys.argv[1])
