"""One schema for each kind of rule file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastdiag.located.fields import Shape
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.headroom import ScalesWith, Scope
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Kind, Layer, Rulebook, Severity, Weight
from fastdiag.rulebook import alerts, causes, limits, scenarios, signals, situations, symptoms
from fastdiag.rulebook.declared import KEY as SCHEMA_KEY
from fastdiag.rulebook.editor import atoms, meanings
from fastdiag.rulebook.editor.atoms import Json, listed, mapping, suggested, words
from fastdiag.rulebook.editor.sources import source
from fastdiag.rulebook.lint import ASSUMPTIONS, MECHANISMS

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""What editors understand best; $defs are found by their pointer in it, too."""

_VERDICTS: Final = words(verdict.words for verdict in Verdict)
_EXPECTED: Final[dict[str, Json]] = {"at_least": _VERDICTS, "at_most": _VERDICTS}


def schemas(book: Rulebook) -> Mapping[str, Json]:
    """Return the schemas by the folder or file that each is for; the ids of ``book`` are offered."""
    definitions = _definitions(book)
    kinds = {
        "causes": _declaring(_cause()),
        "signals": _declaring(_signals()),
        "parameters": _declaring({"type": "object", "additionalProperties": atoms.QUANTITY}),
        "symptoms": _rows("symptoms", _symptom()),
        "limits": _rows("limits", _limit()),
        "alerts": _rows("alerts", _alert()),
        "scenarios": _rows("scenarios", _scenario()),
    }
    return {
        name: {"$schema": DRAFT, "title": f"fastdiag: {name}", **kind, "$defs": definitions}
        for name, kind in kinds.items()
    }


def _definitions(book: Rulebook) -> Json:
    value: Json = {"$ref": "#/$defs/value"}
    return {
        "condition": _condition(),
        "signal": suggested({signal.id: signal.title for signal in book.catalogue.signals.values()}),
        "symptom": suggested({symptom.id: symptom.title for symptom in book.symptoms}),
        "cause": suggested({cause.id: cause.title for cause in book.causes}),
        "value": _given(),
        "given": {
            "type": "object",
            "properties": dict.fromkeys(book.catalogue.signals, value),
            "additionalProperties": value,
        },
    }


def _condition() -> Json:
    parts = listed(atoms.CONDITION)
    groups = {"all": parts, "any": parts, "not": atoms.CONDITION}
    return {
        "description": 'A comparison, such as "db.pool.utilization >= 95%", or all, any, not of some.',
        "anyOf": [
            {"type": "string", "pattern": r"[<>=!]|^\s*pinned\("},
            *(mapping(Shape("a group", (key,)), {key: value}, {}) for key, value in groups.items()),
        ],
    }


def _declaring(schema: Json) -> Json:
    """Return the schema of a mapping that may say `schema: 1`."""
    properties = schema.get("properties", {})
    assert isinstance(properties, Mapping)  # noqa: S101 - made above
    return {**schema, "properties": {SCHEMA_KEY: atoms.SCHEMA, **properties}}


def _rows(name: str, row: Json) -> Json:
    """Return that of a list, which stands under the file's name beside `schema: 1`."""
    rows = listed(row)
    table = {
        "type": "object",
        "properties": {SCHEMA_KEY: atoms.SCHEMA, name: rows},
        "required": [SCHEMA_KEY, name],
        "additionalProperties": False,
    }
    return {"anyOf": [rows, table]}


def _cause() -> Json:
    row = mapping(
        causes.ROW, {"when": atoms.CONDITION, "weight": words(Weight), "because": atoms.TEXT}, meanings.ROW
    )
    evidence = {"for": listed(row), "against": listed(row)}
    check = mapping(causes.CHECK, dict.fromkeys(causes.CHECK.keys, atoms.TEXT), meanings.CHECK)
    properties = {
        **dict.fromkeys(("id", "title", "replaces", "why"), atoms.TEXT),
        "kind": words(Kind),
        "explains": listed(atoms.SYMPTOM),
        "driven_by": listed(atoms.CAUSE),
        "distorts": listed(atoms.SIGNAL),
        "layer": words(Layer),
        "mechanisms": listed(suggested(dict.fromkeys(MECHANISMS, ""))),
        "unproven": atoms.FLAG,
        "assumption": suggested(dict.fromkeys(ASSUMPTIONS, "")),
        "evidence": mapping(causes.EVIDENCE, evidence, meanings.EVIDENCE),
        "check": listed(check),
        "fix": mapping(causes.FIX, dict.fromkeys(causes.FIX.keys, atoms.TEXT), meanings.FIX),
        "references": listed({**atoms.TEXT, "format": "uri"}),
        "examples": listed(_example()),
    }
    return mapping(causes.CAUSE, properties, meanings.CAUSE)


def _example() -> Json:
    expect = mapping(
        situations.EXPECT, {"rank": {"type": "integer", "minimum": 1}, **_EXPECTED}, meanings.EXPECT
    )
    properties = {
        "name": atoms.TEXT,
        "given": {"$ref": "#/$defs/given"},
        "observed": listed(atoms.SYMPTOM),
        "expect": {"anyOf": [_VERDICTS, expect]},
    }
    return mapping(situations.EXAMPLE, properties, meanings.EXAMPLE)


def _given() -> Json:
    value = {"anyOf": [{"const": situations.MISSING_WORD}, atoms.QUANTITY]}
    properties: dict[str, Json] = {
        "value": atoms.QUANTITY,
        "before": atoms.QUANTITY,
        "pinned": atoms.FLAG,
        "parts": listed(atoms.QUANTITY),
    }
    return {"anyOf": [value, mapping(situations.GIVEN, properties, meanings.GIVEN)]}


def _severity() -> Json:
    return mapping(symptoms.SEVERITY, dict.fromkeys(Severity, atoms.CONDITION), {})


def _symptom() -> Json:
    properties = {
        **dict.fromkeys(("id", "title", "means", "replaces"), atoms.TEXT),
        "when": atoms.CONDITION,
        "severity": _severity(),
        "suspects": listed(atoms.CAUSE),
        "instead_of": listed(atoms.SYMPTOM),
    }
    return mapping(symptoms.SYMPTOM, properties, meanings.SYMPTOM)


def _alert() -> Json:
    properties = {
        **dict.fromkeys(("id", "title", "means"), atoms.TEXT),
        "when": atoms.CONDITION,
        "for": atoms.QUANTITY,
        "severity": _severity(),
        "suspects": listed(atoms.CAUSE),
    }
    return mapping(alerts.ALERT, properties, meanings.ALERT)


def _limit() -> Json:
    fixed = mapping(limits.FIXED, {"value": atoms.QUANTITY, "from": atoms.TEXT}, {})
    measure = {"used": atoms.SIGNAL, "limit": {"anyOf": [atoms.SIGNAL, fixed]}, "when": atoms.CONDITION}
    properties = {
        **dict.fromkeys(("id", "title", "means", "configured", "raise", "obtain"), atoms.TEXT),
        **measure,
        "or": listed(mapping(limits.MEASURE, measure, meanings.LIMIT)),
        "per": words(Scope),
        "scales_with": words(ScalesWith),
        "growth": mapping(limits.GROWTH, {"signal": atoms.SIGNAL, "per": atoms.QUANTITY}, {}),
        "becomes": atoms.CAUSE,
    }
    return mapping(limits.LIMIT, properties, meanings.LIMIT)


def _scenario() -> Json:
    placed = mapping(scenarios.PLACED, {"cause": atoms.CAUSE, **_EXPECTED}, meanings.EXPECT)
    expect = mapping(
        situations.EXPECT, {"rank": {"type": "integer", "minimum": 1}, **_EXPECTED}, meanings.EXPECT
    )
    asked: dict[str, Json] = {
        "status": words(Status),
        "symptoms": listed(atoms.SYMPTOM),
        "ranking": listed({"anyOf": [atoms.CAUSE, placed]}),
        "causes": {"type": "object", "additionalProperties": {"anyOf": [_VERDICTS, expect]}},
    }
    properties = {
        **dict.fromkeys(("name", "snapshot"), atoms.TEXT),
        "given": {"$ref": "#/$defs/given"},
        "observed": listed(atoms.SYMPTOM),
        "expect": mapping(scenarios.EXPECT, asked, meanings.RANKING),
    }
    return mapping(scenarios.SCENARIO, properties, meanings.SCENARIO)


def _signals() -> Json:
    properties = {
        "unit": words(Unit),
        "title": atoms.TEXT,
        "sources": listed(source()),
        "formula": atoms.TEXT,
        "obtain": mapping(signals.OBTAIN, {"run": atoms.TEXT, "cost_s": atoms.NUMBER}, meanings.OBTAIN),
        "replaces": atoms.TEXT,
    }
    named = {f"^{signals.ID.pattern}$": mapping(signals.SIGNAL, properties, meanings.SIGNAL)}
    return {"type": "object", "patternProperties": named, "additionalProperties": False}
