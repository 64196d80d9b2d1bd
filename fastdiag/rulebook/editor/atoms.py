"""What schemas of rule files are made of: texts, words, quantities, ids, and mappings of a known shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fastdiag.located.fields import Shape

Json = Mapping[str, object]

TEXT: Final[Json] = {"type": "string", "minLength": 1}
TEXTS: Final[Json] = {"type": "array", "items": TEXT}
NUMBER: Final[Json] = {"type": "number"}
FLAG: Final[Json] = {"type": "boolean"}
QUANTITY: Final[Json] = {
    "description": "A number with its unit: 250ms, 4s, 5m, 95%, 512MiB, 12/s, or a bare count.",
    "anyOf": [
        {"type": "number"},
        {
            "type": "string",
            "pattern": r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*(%|/s|[A-Za-zµ]+)?\s*$",
        },
    ],
}
SCHEMA: Final[Json] = {"const": 1, "description": "The generation of rule files that this one belongs to."}
CONDITION: Final[Json] = {"$ref": "#/$defs/condition"}
SIGNAL: Final[Json] = {"$ref": "#/$defs/signal"}
SYMPTOM: Final[Json] = {"$ref": "#/$defs/symptom"}
CAUSE: Final[Json] = {"$ref": "#/$defs/cause"}


def words(known: Iterable[str]) -> Json:
    """Return the schema of one word of a closed set."""
    return {"enum": [str(word) for word in known]}


def suggested(known: Mapping[str, str]) -> Json:
    """Return that of an id: the known ones with their titles are offered, and another is no fault.

    A file may name what a file beside it defines; that nobody does is for `rules lint` to tell.
    """
    offered = [{"const": name, "description": title} for name, title in known.items()]
    return {"anyOf": [*offered, TEXT]}


def listed(item: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def mapping(shape: Shape, properties: Mapping[str, Json], told: Mapping[str, str]) -> Json:
    """Return the schema of a mapping; ``told`` says what its keys mean.

    Raises:
        KeyError: the shape has a key that is not described, or lacks one that is.

    """
    unknown = sorted({*properties} ^ {*shape.keys})
    if unknown:
        raise KeyError(f"{shape.what}: {', '.join(unknown)}")
    described = {key: _told(properties[key], told.get(key)) for key in shape.keys}
    return {
        "type": "object",
        "description": shape.what,
        "properties": described,
        "required": list(shape.required),
        "additionalProperties": False,
    }


def _told(schema: Json, text: str | None) -> Json:
    return {**schema, "description": text} if text else schema
