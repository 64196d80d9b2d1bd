"""A page of Markdown, written through the same few words as a page for the terminal (`paper.Paper`)."""

from __future__ import annotations

from typing import Protocol

from fastdiag.render.markup import block, is_web_address, link, plain
from fastdiag.render.paper import Piece


class Page(Protocol):
    """What a text is written on: screen or Markdown."""

    def heading(self, title: str) -> None:
        """Write the title of a section."""

    def row(self, lead: Piece, *body: Piece) -> None:
        """Write a text, with what names it in front."""

    def command(self, lead: str, command: str) -> None:
        """Write what can be copied."""


class Sheet:
    """Collects Markdown: the page's title, what is told of it, and sections of lists."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._is_in_section = False

    def text(self) -> str:
        """Return everything that was written."""
        return "\n".join(self._lines).strip("\n") + "\n"

    def heading(self, title: str) -> None:
        """Write the title of a section; its rows are items of a list."""
        self._lines += ["", f"## {plain(title)}", ""]
        self._is_in_section = True

    def row(self, lead: Piece, *body: Piece) -> None:
        """Write the page's title, a paragraph, or an item with what names it in bold."""
        name = plain(_words(lead).strip().rstrip(":= "))
        text = plain("".join(map(_words, body)))
        if not self._lines:
            self._lines += [f"# {text}", ""]
        elif name.isdigit():
            self._lines.append(f"{name}. {text}")
        elif name:
            self._lines.append(f"- **{name}:** {text}")
        else:
            self._lines += [f"- {text}"] if self._is_in_section else [text, ""]

    def command(self, lead: str, command: str) -> None:
        """Write an address as a link, a command as a block that can be copied."""
        del lead
        if is_web_address(command):
            self._lines.append(f"- {link(command)}")
        else:
            self._lines += ["", block(command), ""]


def _words(piece: Piece) -> str:
    return piece if isinstance(piece, str) else piece[0]
