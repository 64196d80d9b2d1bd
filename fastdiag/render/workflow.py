"""Workflow commands of GitHub Actions, which it shows as annotations at the lines of a pull request."""

from __future__ import annotations

from typing import Final

from fastdiag.model.audit import CodePlace
from fastdiag.redact import disarm

_ESCAPED: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_ESCAPED_IN_PROPERTIES: Final = {**_ESCAPED, ":": "%3A", ",": "%2C"}
"""How workflow commands write what would end a message or a property."""


def annotation(level: str, message: str, at: CodePlace, title: str = "") -> str:
    """Return one command. ``level`` is error, warning or notice; no line is told as line 1."""
    properties = {"file": at.file, "line": str(at.line or 1), "col": str(at.column or 1)}
    if title:
        properties["title"] = title
    written = ",".join(f"{key}={_escaped(text, _ESCAPED_IN_PROPERTIES)}" for key, text in properties.items())
    return f"::{level} {written}::{_escaped(message, _ESCAPED)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return disarm("".join(table.get(char, char) for char in text))
