"""Alerts of the rule table: conditions worth a notification beside the symptoms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastdiag.model.rule import Condition, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A condition over signals that announces a symptom before, or beside, its being noticed.

    for_s     how many seconds it has to hold before anybody is told; None leaves that to who asks for rules
    severity  for each level the condition that makes it so, beside ``when``
    suspects  causes in the order in which an expert would first suspect them
    symptom   whether a row of symptoms.yaml is told here
    """

    id: str
    title: str
    when: Condition
    means: str
    suspects: tuple[str, ...]
    severity: Mapping[Severity, Condition]
    for_s: float | None = None
    instead_of: tuple[str, ...] = ()
    symptom: bool = False
    where: str = ""
