r"""A source with `log`: records of a log that say something, counted.

    - {log: 'QueuePool limit of size (?P<size>\d{1,5}) overflow (?P<overflow>\d{1,5})', library: SQLAlchemy}

The expression is searched in each line; a record (a line with the traceback below it) counts once, whichever
of a signal's sources finds it. Named groups become the labels of the parts. By the signal's unit the
value is a count in the window, a rate (1/s), or a ratio. Keys:

    per       of a ratio: REGEX of the records that it is a share of
    heard     REGEX of records that show that this log would tell, so that none found is none (0): a program's
              usual lines, a traceback for what always raises. Without it, none found is unknown: silence
              is no evidence.
    ignore    REGEX of values of the group `path` that are no work of the service; `health-checks`
    bias      why readings of this source are never fully trusted

Expressions have to be safe in the face of hostile lines: their repeats end (`\d{1,9}`) or give
nothing back (`[^ ]++`), and some fixed text
of at least four characters stands in them, by which other lines are passed over.
"""

from __future__ import annotations

import re
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.model.signal import LogSource
from fastdiag.rulebook.log_patterns import read_log_pattern

LOG: Final = "log"
HEALTH_CHECKS: Final = "health-checks"
SHAPE: Final = Shape("a source with 'log'", (LOG, "library"), ("per", "heard", "ignore", "bias"))


def read_log_source(node: Node, health_routes: str, problems: Problems) -> tuple[LogSource, ...]:
    """Return the source, none when its expression cannot be used; ``health_routes`` are the usual ones."""
    fields = Fields(node, SHAPE, problems)
    pattern = fields.read(LOG, read_log_pattern)
    ignore = _ignored(fields, health_routes)
    if pattern is None:
        return ()
    return (
        LogSource(
            pattern=pattern,
            library=fields.text("library"),
            per=fields.read("per", read_log_pattern),
            heard=fields.read("heard", read_log_pattern),
            ignore=ignore,
            bias=fields.text("bias") or None,
        ),
    )


def _ignored(fields: Fields, health_routes: str) -> str | None:
    """Read paths to leave out; they are short, and matched as a whole."""
    text, node = fields.text("ignore"), fields.get("ignore")
    if not text or node is None:
        return None
    if text == HEALTH_CHECKS:
        return health_routes
    try:
        re.compile(text)
    except re.error as error:
        fields.problems.note(node.place, f"'ignore' is not a regular expression: {error}")
        return None
    return text
