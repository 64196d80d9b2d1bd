"""The way back from JSON to a Snapshot: saved by fastdiag, a diagnosis of it, or written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from fastdiag import __version__
from fastdiag.errors import SnapshotError, nearest
from fastdiag.model.doubt import Doubt
from fastdiag.model.quantity import Unit, parse_quantity
from fastdiag.model.signal import Bound, Catalogue, Labels, Missing, Part, Range, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.model.target import DEFAULT_WINDOW_S
from fastdiag.render.json import SCHEMA
from fastdiag.render.json_reader import Node, parse

MAX_BYTES: Final = 8 * 2**20
"""Twice what the largest service fills; to take it apart needs about twelve times as much memory."""
GIVEN: Final = "given"
"""The source of a value that a person wrote."""

_EXAMPLE: Final = '{"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}'
_READING_KEYS: Final = ("value", "unit", "source", "before", "window", "bias", "bound", "by")


def load(path: Path, catalogue: Catalogue) -> Snapshot:
    """Read a snapshot file. Raise SnapshotError when it cannot be read or is not one."""
    try:
        with path.open("rb") as stream:
            return read(stream, catalogue, str(path))
    except OSError as error:
        raise SnapshotError(f"cannot be read: {error.strerror or error}", where=str(path)) from None


def read(stream: BinaryIO, catalogue: Catalogue, name: str) -> Snapshot:
    """Read a snapshot from a stream, at most ``MAX_BYTES``. Raise SnapshotError when it is none."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise SnapshotError(f"larger than {MAX_BYTES // 2**20} MiB: not a snapshot", where=name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SnapshotError(f"not UTF-8 text: byte {error.start}", where=name) from None
    return decode(text, catalogue, name)


def decode(text: str, catalogue: Catalogue, name: str) -> Snapshot:
    """Return the Snapshot that a JSON text says. Raise SnapshotError, with place or path, otherwise.

    Values written by hand may be texts with a unit, such as "95%" or "4s"; their signals must be in the
    catalogue, which gives the unit. What fastdiag saved is taken as it is, even if no rule file defines
    the signal any more.
    """
    root = parse(text, name)
    _check_schema(root)
    _check_signals(root)
    also = [(node.get("signal").text(), node) for node in root.get("also").elements()]
    return Snapshot(
        service=root.get("service").text("unknown"),
        taken_at=root.get("taken_at").text(""),
        window_s=root.get("window_s").number(DEFAULT_WINDOW_S),
        readings={one.signal: one for one in _readings(root.get("signals").items(), catalogue)},
        missing={catalogue.current(id_): _missing(node) for id_, node in root.get("missing").items()},
        sources=tuple(_source(node) for node in root.get("sources").elements()),
        parameters={id_: node.text() for id_, node in root.get("parameters").items()},
        also=tuple(_readings(also, catalogue)),
        observed=tuple(node.text() for node in root.get("observed").elements()),
        fastdiag=root.get("fastdiag").text(__version__),
        doubts=tuple(_doubt(node) for node in root.get("doubts").elements()),
    )


def _check_schema(root: Node) -> None:
    if not isinstance(root.value, dict):
        root.fail("not a snapshot: the file must hold an object", f"the smallest one is {_EXAMPLE}")
    schema = root.get("schema")
    if schema.is_null:
        root.fail("not a snapshot: it has no schema", f'write "schema": {SCHEMA} first')
    if schema.value != SCHEMA or isinstance(schema.value, bool):
        hint = f"fastdiag {__version__} reads no other; use the version that saved the file"
        schema.expected(str(SCHEMA), hint)


def _check_signals(root: Node) -> None:
    if not root.get("signals").is_null:
        return
    for key in root.names():
        misspelt = nearest(key, ("signals",))
        if misspelt:
            root.get(key).fail("no such key", misspelt)
    root.fail("no signals: nothing to diagnose", f"the smallest snapshot is {_EXAMPLE}")


def _readings(nodes: Iterable[tuple[str, Node]], catalogue: Catalogue) -> Iterator[Reading]:
    """Yield readings by the names that their signals have now."""
    for name, node in nodes:
        yield _reading(catalogue.current(name), node, catalogue)


def _reading(signal: str, node: Node, catalogue: Catalogue) -> Reading:
    keys = node.names(hint=f"write {_EXAMPLE}")
    if "value" not in keys and "by" not in keys:
        near = (nearest(key, ("value", "by")) for key in keys if key not in _READING_KEYS)
        node.fail("neither a value nor a breakdown", next((hint for hint in near if hint), None))
    unit = _unit(signal, node, catalogue)
    return Reading(
        signal=signal,
        unit=unit,
        source=node.get("source").text(GIVEN),
        value=_value(node.get("value"), unit),
        before=_value(node.get("before"), unit),
        by=tuple(_part(part, unit) for part in node.get("by").elements()),
        window=_range(node.get("window"), unit),
        bias=_optional(node.get("bias")),
        bound=_bound(node.get("bound")),
    )


def _doubt(node: Node) -> Doubt:
    return Doubt(
        id=node.get("id").text(),
        says=node.get("says").text(),
        signals=tuple(name.text() for name in node.get("signals").elements()),
        sources=tuple(name.text() for name in node.get("sources").elements()),
        mend=_optional(node.get("mend")),
        bound=_bound(node.get("bound")),
    )


def _bound(node: Node) -> Bound | None:
    return None if node.is_null else Bound(node.word(Bound))


def _unit(signal: str, node: Node, catalogue: Catalogue) -> Unit:
    known = catalogue.signals.get(signal)
    if node.get("unit").is_null:
        if known is None:
            node.fail("no such signal", nearest(signal, catalogue.signals) or "`fastdiag signals` lists them")
        return known.unit
    unit = Unit(node.get("unit").word(Unit))
    if known is not None and unit is not known.unit:
        node.get("unit").fail(f"{unit} does not fit: the rules have this signal in {known.unit}")
    return unit


def _value(node: Node, unit: Unit) -> float | None:
    if not isinstance(node.value, str):
        return None if node.is_null else node.number()
    try:
        quantity = parse_quantity(node.value)
    except ValueError as error:
        node.fail(str(error))
    if not quantity.fits(unit):
        node.fail(f"{node.value} does not fit a signal in {unit}")
    return quantity.value


def _number(node: Node, unit: Unit) -> float:
    value = _value(node, unit)
    return node.number() if value is None else value


def _part(node: Node, unit: Unit) -> Part:
    count = node.get("count")
    return Part(
        labels=_labels(node.get("labels")),
        value=_number(node.get("value"), unit),
        before=_value(node.get("before"), unit),
        count=None if count.is_null else count.number(),
    )


def _labels(node: Node) -> Labels:
    return tuple(sorted((name, value.text()) for name, value in node.items()))


def _range(node: Node, unit: Unit) -> Range | None:
    if node.is_null:
        return None
    lowest, highest = _number(node.get("lowest"), unit), _number(node.get("highest"), unit)
    return Range(lowest=lowest, highest=highest, samples=node.get("samples").whole(1))


def _missing(node: Node) -> Missing:
    reason, colon, detail = node.text().partition(": ")
    if not colon or reason not in tuple(Reason):
        node.fail("expected a reason and a detail", f"reasons are {', '.join(Reason)}; write `absent: why`")
    return Missing(Reason(reason), detail)


def _source(node: Node) -> SourceState:
    return SourceState(
        name=node.get("name").text(),
        status=SourceStatus(node.get("status").word(SourceStatus)),
        target=_optional(node.get("target")),
        readings=node.get("readings").whole(0),
        seconds=node.get("seconds").number(0.0),
        requests=node.get("requests").whole(0),
        error=_optional(node.get("error")),
        hint=_optional(node.get("hint")),
    )


def _optional(node: Node) -> str | None:
    return None if node.is_null else node.text()
