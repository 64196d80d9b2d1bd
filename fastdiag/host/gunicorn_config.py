"""What a gunicorn configuration file says, by reading it as text: it is a program, and is never run."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

MAX_CONFIG_BYTES: Final = 256 << 10

Literal = int | float | str | bool | None

COMPUTED: Final = Unreadable(reason=Reason.ABSENT, detail="the config file computes it when it runs")
NO_CONFIG_FILE: Final = Unreadable(reason=Reason.ABSENT, detail="config file: not found")
_OWN_SCOPE: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def read_gunicorn_config(path: Path) -> Mapping[str, Literal | Unreadable] | Unreadable:
    """Return the names assigned at the top level: a literal's value, or `COMPUTED`."""
    try:
        if not path.is_file():  # a named pipe would block
            return NO_CONFIG_FILE
        with path.open("rb") as file:
            tree = ast.parse(file.read(MAX_CONFIG_BYTES))
    except OSError as error:
        return from_os_error(error, "config file")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Unreadable(reason=Reason.FAILED, detail="config file: not readable as Python")
    found: dict[str, Literal | Unreadable] = {}
    for statement in tree.body:
        value = _literal(statement)
        found.update(dict.fromkeys(_bound_names(statement), value))
    return found


def _literal(statement: ast.stmt) -> Literal | Unreadable:
    """Return the value of a plain assignment of one literal; `COMPUTED` for anything else."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return COMPUTED
    try:
        value = ast.literal_eval(statement.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return COMPUTED
    return value if value is None or isinstance(value, int | float | str) else COMPUTED


def _bound_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement may bind at the top level, inside its blocks too."""
    if isinstance(node, _OWN_SCOPE):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, ast.alias):
        yield node.asname or node.name
    for child in ast.iter_child_nodes(node):
        yield from _bound_names(child)
