"""A page as a browser reads it: its elements, attributes and text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(("meta", "link", "br", "rect", "path", "circle"))


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: list[str]


@dataclass
class Document:
    """What stands in a document, in its order."""

    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list[Element]:
        return [one for one in self.elements if one.tag == tag]

    def values(self, attribute: str) -> list[str]:
        return [one.attributes[attribute] for one in self.elements if attribute in one.attributes]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.document.elements.append(Element(tag, attributes, list(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.document.elements.append(Element(tag, attributes, list(self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> does not close what was opened last"

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.document.text += data


def read(html: str) -> Document:
    """Return a document whose every element is closed where it should be."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader._open == [], "left open"  # noqa: SLF001 - the reader is ours
    return reader.document
