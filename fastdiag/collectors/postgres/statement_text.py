"""A statement's text made safe to show: pg_stat_statements normalises, but not every text and not always."""

from __future__ import annotations

import re
from typing import Final

MAX_QUERY_CHARS: Final = 200
_SHOWN_VERBS: Final = frozenset({"select", "insert", "update", "delete", "merge", "with", "values", "copy"})
"""Only these are normalised in every version; `ALTER ROLE ... PASSWORD '...'` is kept as it was typed."""
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|$)|--[^\n]*", re.DOTALL)
# What is quoted in another way than '...' and "..." is not taken apart: then nothing is shown.
_UNUSUAL: Final = re.compile(r"\$\w*\$|\\|\b[eEbBxXuU]&?'")
_STRING: Final = re.compile(r"'(?:[^']|'')*'?")
_NUMBER: Final = re.compile(r"(?<![\w$.\"])[-+]?\d[\w.]*")
_SPACE: Final = re.compile(r"\s+")


def shown(query: str) -> str:
    """Return one line of the statement without any literal, empty when it is better not shown.

    Literals of an entry that was evicted while its statement ran are not replaced by the server
    (https://www.postgresql.org/docs/current/pgstatstatements.html), so what is left of them is masked here.
    """
    text = _COMMENT.sub(" ", query)
    verb = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    if verb.strip("(") not in _SHOWN_VERBS or _UNUSUAL.search(text):
        return ""
    masked = _NUMBER.sub("?", _STRING.sub("?", text))
    return _SPACE.sub(" ", masked).strip()[:MAX_QUERY_CHARS]
