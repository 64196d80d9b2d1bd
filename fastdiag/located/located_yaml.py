"""YAML as a small typed tree in which every scalar, key and item knows its file, line and column.

Built from the parser's events and not by ``safe_load``, because that loses places, overwrites duplicate
keys in silence and reads `no` as false, `1:30` as 90 and `010` as 8. Here every scalar stays text, as
written; what YAML would have made of it is asked (``meaning``) where that would surprise the writer.
Nothing can grow or nest beyond a bound: an alias counts as much as what it repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode

from fastdiag.located.problems import Place, Problems
from fastdiag.located.yaml_faults import note_unprintable, note_yaml_error

MAX_NODES: Final = 50_000
"""Scalars and collections in one file, aliases written out. The largest built-in file has about 1,500."""
MAX_DEPTH: Final = 32
"""Nesting that no rule needs; it keeps every reader's recursion bounded."""

# libyaml's parser is 15 times faster than the Python one, which is only the fallback: some wheels lack it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD_TAGS: Final = ("!", "tag:yaml.org,2002:str")
_PLAIN_STYLES: Final = ("", None)  # libyaml and the Python parser spell "no quotes" differently


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written.

    is_plain  it stands without quotes, so that YAML may read it as something else than text
    indent    columns between ``place`` and the first character; None when the text is folded or escaped,
              so that columns inside it cannot be counted
    """

    place: Place
    text: str
    is_plain: bool = True
    indent: int | None = 0

    def at(self, offset: int) -> Place:
        """Return the place of a character inside the text (the scalar's own where that cannot be known)."""
        if self.indent is None:
            return self.place
        return self.place._replace(column=self.place.column + self.indent + offset)


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the order of the file; keys are unique."""

    place: Place
    entries: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Listing | Table


def compose(text: str, file: str, problems: Problems) -> Node | None:
    """Return the tree of one document; ``file`` is the name that places carry.

    Faults are noted. Returns None when there is no tree to go on with.
    """
    if note_unprintable(text, file, problems):
        return None
    try:
        loader = _LOADER(text)
        try:
            return _Composer(file, iter(loader.get_event, None), problems).document()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        note_yaml_error(error, text, file, problems)
    except _Refused as refusal:
        problems.note(refusal.place, refusal.message, refusal.hint)
    return None


def meaning(scalar: Scalar) -> object:
    """Return what YAML 1.1 makes of a scalar: None, a bool, an int, a float, or its text."""
    if not scalar.is_plain:
        return scalar.text
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(scalar.text[:1], ()):
        if tag in _SURPRISING_TAGS and pattern.match(scalar.text):
            try:
                return SafeConstructor().construct_document(ScalarNode(tag, scalar.text))
            except ValueError:  # `0x_` looks like a number to YAML and is none
                return scalar.text
    return scalar.text


_SURPRISING_TAGS: Final = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))


class _Refused(Exception):  # noqa: N818 - carries a finding to compose(), which notes it
    """The document is not read any further."""

    def __init__(self, place: Place, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.hint = hint


@dataclass(slots=True)
class _Composer:
    """Turns events into nodes, counting them."""

    file: str
    events: Iterator[Event]
    problems: Problems
    anchors: dict[str, tuple[Node, int] | None] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> Node | None:
        next(self.events)  # the stream starts
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise _Refused(Place(self.file, 1, 1), "the file is empty")
        node = self._node(next(self.events), depth=0)
        next(self.events)  # the document ends
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise _Refused(self._place(following), "a second document starts here; a rule file holds one")
        return node

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)

    def _node(self, event: Event, depth: int) -> Node:
        """Return the node that begins with this event, and remember it when it has an anchor."""
        if isinstance(event, AliasEvent):
            return self._repeated(event)
        before = self.nodes
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise _Refused(self._place(event), f"this is nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, ScalarEvent) and not event.anchor:  # nearly all nodes: the short way
            return self._scalar(event, self._place(event))
        anchor = event.anchor if isinstance(event, NodeEvent) else None
        if anchor:
            self.anchors[anchor] = None
        node = self._begun(event, depth)
        if anchor:
            self.anchors[anchor] = (node, self.nodes - before)
        return node

    def _begun(self, event: Event, depth: int) -> Node:
        place = self._place(event)
        match event:
            case ScalarEvent():
                return self._scalar(event, place)
            case MappingStartEvent():
                self._refuse_tag(event, place)
                return Table(place, tuple(self._entries(depth + 1)))
            case SequenceStartEvent():
                self._refuse_tag(event, place)
                return Listing(place, tuple(self._node(item, depth + 1) for item in self._until_end()))
            case _:  # the grammar of events has no other beginning of a node
                raise _Refused(place, "this is not YAML that rule files use")

    def _scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        self._refuse_tag(event, place)
        is_plain = event.style in _PLAIN_STYLES and event.tag is None
        start, end = event.start_mark, event.end_mark
        quotes = 0 if event.style in _PLAIN_STYLES else 2
        exact = (
            start
            and end
            and start.line == end.line
            and end.column - start.column == len(event.value) + quotes
        )
        return Scalar(place, event.value, is_plain, quotes // 2 if exact else None)

    def _entries(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, Place] = {}
        for event in self._until_end():
            key = self._node(event, depth)
            value = self._node(next(self.events), depth)
            if not isinstance(key, Scalar):
                self.problems.note(key.place, "a key must be a word", "quote a text that begins with { or [")
            elif key.text in seen:
                self.problems.note(
                    key.place,
                    f"{key.text!r} is already given in line {seen[key.text].line}; only one can hold",
                )
            else:
                seen[key.text] = key.place
                yield key, value

    def _until_end(self) -> Iterator[Event]:
        """Yield the first events of the nodes of the collection that has just begun."""
        for event in self.events:
            if isinstance(event, yaml.CollectionEndEvent):
                return
            yield event

    def _repeated(self, event: AliasEvent) -> Node:
        anchored = self.anchors.get(event.anchor or "")
        if anchored is None:
            raise _Refused(self._place(event), f"*{event.anchor} repeats nothing that stands before it")
        if None in self.anchors.values():  # repeats of repeats grow, and nest, without bound
            raise _Refused(
                self._place(event), f"*{event.anchor} stands inside a value that is itself repeated"
            )
        node, size = anchored
        self._count(event, size)
        return node

    def _count(self, event: Event, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise _Refused(self._place(event), f"the file holds more than {MAX_NODES:,} values")

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent, place: Place) -> None:
        if event.tag is not None and event.tag not in _STANDARD_TAGS:
            self.problems.note(place, f"rule files use no YAML tags, and here stands {event.tag!r}")
