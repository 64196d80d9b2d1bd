"""SARIF 2.1.0: valid by the official schema, and with what code scanning looks at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fastdiag.model.audit import CodePlace
from fastdiag.render.audit import sarif
from fastdiag.render.audit.sheet import Sheet
from tests.render.audit.sheets import AUDIT, BLOCKED, EMPTY, SHEET
from tests.render.hostile import TEXTS

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def run_of(sheet: Sheet) -> dict[str, Any]:
    document = json.loads(sarif.render(sheet))
    VALIDATOR.validate(document)
    return document["runs"][0]


def test_the_schema_would_notice_what_is_wrong() -> None:
    document = json.loads(sarif.render(SHEET))
    document["runs"][0]["results"][0]["level"] = "critical"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)


def test_a_clean_tree_is_valid_and_carries_all_rules() -> None:
    run = run_of(EMPTY)
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(SHEET.checks)


def test_a_chain_is_a_code_flow_that_ends_at_the_place_of_the_result() -> None:
    result = run_of(SHEET)["results"][2]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "GET /orders/{id}",
        "load_order",
        "requests.get",
    ]
    last = steps[-1]["location"]["physicalLocation"]
    assert last == result["locations"][0]["physicalLocation"]
    assert last["artifactLocation"] == {"uri": "backend/app/tax.py", "uriBaseId": "%SRCROOT%"}
    assert last["region"] == {
        "startLine": 41,
        "startColumn": 16,
        "snippet": {"text": 'response = requests.get(f"{TAX}/{country}")'},
    }


def test_the_rule_of_a_result_is_the_one_at_its_index() -> None:
    run = run_of(SHEET)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_fingerprint_is_where_code_scanning_looks_for_it() -> None:
    result = run_of(SHEET)["results"][2]
    assert result["partialFingerprints"] == {
        "fastdiag/v1": BLOCKED.fingerprint,
        "primaryLocationLineHash": BLOCKED.fingerprint,
    }


def test_what_was_set_aside_stays_as_suppressed_with_its_reason() -> None:
    commented, known = run_of(SHEET)["results"][3:]
    assert commented["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "goes away with the old mailer"}
    ]
    assert known["suppressions"] == [{"kind": "external", "status": "accepted"}]


def test_a_file_that_could_not_be_analysed_is_a_notification() -> None:
    (told,) = run_of(SHEET)["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "not analysed: not valid syntax: Python 2"


def test_a_file_outside_of_where_one_stands_has_a_whole_address() -> None:
    run = run_of(replace(SHEET, base="/srv/my app"))
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "file:///srv/my%20app/app/mail.py"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_whatever_a_name_is_the_log_stays_valid(text: str) -> None:
    place = CodePlace(text, 1, 1)
    hostile = replace(BLOCKED, place=place, message=text, sink=text, chain=(), fix=text)
    run_of(replace(SHEET, audit=replace(AUDIT, findings=(hostile,)), excerpts={place: (text, 3)}))
