"""What the YAML parser refuses, said so that someone who writes rules can mend it."""

from __future__ import annotations

import re
from typing import Final

import yaml
from yaml.reader import Reader

from fastdiag.located.problems import Place, Problems

_UNSEEN_BREAK: Final = re.compile("[\x85\u2028\u2029]")
"""Line breaks of YAML 1.1 by which no editor counts: below one of them every place would be wrong."""

_HINTS: Final = {
    "mapping values are not allowed": "quote a text that contains ': '",
    "expected ',' or ']'": "a list that opens with [ ends with ], its items divided by commas",
    "expected ',' or '}'": "a mapping that opens with { ends with }, its entries divided by commas",
    "quoted scalar": "close the quote",
    "block scalar": "quote a text that begins with > or |",
    "expected '-' indicator": "the items of one list begin in the same column",
    "expected <block end>": "the keys of one mapping, and the items of one list, begin in the same column",
    "did not find expected key": "the keys of one mapping begin in the same column",
}


def note_yaml_error(error: yaml.YAMLError, text: str, file: str, problems: Problems) -> None:
    """Note where and why the parser stopped."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        problems.note(Place(file), f"this is not YAML: {error}")
        return
    mark = error.problem_mark
    story = ", ".join(part for part in (error.context, error.problem) if part)
    if error.context_mark and error.context_mark.line != mark.line:
        story += f" (it begins in line {error.context_mark.line + 1})"
    problems.note(
        Place(file, mark.line + 1, mark.column + 1), f"this is not YAML: {story}", _hint(error, text)
    )


def _hint(error: yaml.MarkedYAMLError, text: str) -> str | None:
    story = f"{error.context} {error.problem}"
    if "cannot start any token" in story and error.problem_mark:
        line = text.splitlines()[error.problem_mark.line]
        return _hint_for_character(line[error.problem_mark.column])
    return next((hint for part, hint in _HINTS.items() if part in story), None)


def _hint_for_character(character: str) -> str:
    return (
        "indent with spaces, not tabs" if character == "\t" else f"quote a text that begins with {character}"
    )


def note_unprintable(text: str, file: str, problems: Problems) -> bool:
    """Note the first character that nobody sees and YAML refuses or obeys; return whether there is one."""
    if match := Reader.NON_PRINTABLE.search(text):
        what, hint = f"control character {match[0]!r} is not allowed in YAML", None
    elif match := _UNSEEN_BREAK.search(text):
        what, hint = f"{match[0]!r} begins a new line in YAML, and in no editor", "remove it"
    else:
        return False
    problems.note(place_of(text, match.start(), file), what, hint)
    return True


def place_of(text: str, offset: int, file: str) -> Place:
    """Return line and column of a character of a file's text."""
    before = text[:offset]
    return Place(file, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)
