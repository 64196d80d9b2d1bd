"""Trials as JUnit's XML, which every CI server shows: a suite for each cause, and one for the scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from fastdiag.located.excerpt import place_of
from fastdiag.model.trial import Case, Trials, Tried
from fastdiag.redact import disarm
from fastdiag.render.trials.terminal import failure

SCENARIOS: Final = "scenarios"
"""The suite of those that belong to no cause."""
DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'


def render(trials: Trials) -> str:
    """Return the document; times are seconds of processor time."""
    root = ET.Element("testsuites", {"name": "fastdiag rules test", **_counts(trials.cases)})
    for name, group in groupby(trials.cases, key=lambda pair: pair[0].cause or SCENARIOS):
        cases = tuple(group)
        suite = ET.SubElement(root, "testsuite", {"name": name, **_counts(cases)})
        for case, tried in cases:
            _add(suite, name, case, tried)
    ET.indent(root)
    return f"{DECLARATION}{ET.tostring(root, encoding='unicode')}\n"


def _counts(cases: Sequence[tuple[Case, Tried]]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(tried.differences) for _, tried in cases)),
        "errors": "0",
        "time": f"{sum(tried.seconds for _, tried in cases):.3f}",
    }


def _add(suite: ET.Element, name: str, case: Case, tried: Tried) -> None:
    place = place_of(case.where)
    test = ET.SubElement(
        suite,
        "testcase",
        classname=name,
        name=disarm(case.name),
        file=disarm(place.file),
        line=str(place.line),
        time=f"{tried.seconds:.3f}",
    )
    if tried.differences:
        said = "; ".join(f"{one.about}: {one}" for one in tried.differences)
        failed = ET.SubElement(test, "failure", type="difference", message=disarm(said))
        failed.text = failure(case, tried)
