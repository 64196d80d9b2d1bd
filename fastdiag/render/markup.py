"""Text that Markdown shows as it stands: never markup, HTML, a link, a mention or an issue number."""

from __future__ import annotations

import re
from typing import Final

from fastdiag.redact import disarm

_MARKUP: Final = re.compile(r"[\\`*\[\]|~#]|(?<!\w)_|_(?!\w)")  # inside a word _ emphasizes nothing
_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINKING: Final = re.compile(r"(\S*(?:@|://|www\.|#\d)\S*)")
"""Words that GitHub and GitLab turn into a mention or a link unasked, escaped or not; in code they do not."""
_URL: Final = re.compile(r"https?://[^\s<>\\]+")


def plain(text: str) -> str:
    """Return running text."""
    words = _LINKING.split(disarm(text).strip())  # every second piece is a word that would link
    return "".join(code(word) if index % 2 else _escaped(word) for index, word in enumerate(words))


def code(text: str) -> str:
    """Return a code span, fenced by more backticks than the text holds in a row."""
    inner = disarm(text).strip()
    fence = "`" * (_longest_run(inner) + 1)
    padding = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{padding}{inner}{padding}{fence}" if inner else ""


def block(text: str, indent: str = "", language: str = "sh") -> str:
    """Return a block of shell commands, or of another language, its lines indented to stand in a list."""
    lines = [disarm(line) for line in text.strip().splitlines()]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join(f"{indent}{line}" for line in (f"{fence}{language}", *lines, fence))


def link(url: str) -> str:
    """Return a link that shows its address; what is no web address is shown as code."""
    return f"<{url}>" if is_web_address(url) else code(url)


def is_web_address(text: str) -> bool:
    """Whether a text is an address that a reader may follow: http or https, and nothing beside it."""
    return bool(_URL.fullmatch(text)) and text.isprintable()


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text).translate(_HTML)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
