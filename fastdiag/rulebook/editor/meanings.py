"""What the keys of rule files mean, as an editor shows it beside them."""

from __future__ import annotations

from typing import Final

CAUSE: Final = {
    "id": "The name of the file, without .yaml.",
    "title": "What is broken, in one sentence: it stands in the headline.",
    "kind": "failure; or visibility, when it only keeps people from seeing why.",
    "explains": "Symptoms that it brings about.",
    "replaces": "The id whose place this cause takes; files and people may go on using it.",
    "driven_by": "Causes of which this one is a real consequence: they are named first.",
    "distorts": "Signals that it falsifies: what is measured inside a blocked application is too long.",
    "layer": "Where in the stack it sits.",
    "mechanisms": "The general ways of breaking of which it is a case.",
    "unproven": "true while no recorded incident has shown one of its strong rows.",
    "assumption": "What teams take for granted, and this disproves.",
    "why": "The mechanism, in two or three sentences.",
    "evidence": "What speaks for it, and what against it.",
    "check": "What a person runs to be sure: read-only, and it can be pasted.",
    "fix": "What to do.",
    "references": "Links that prove what is claimed.",
    "examples": "Situations, and what the table must say of this cause in each.",
}
ROW: Final = {
    "when": "A condition; where its signals are not seen, it counts neither way.",
    "weight": "How much it says; a decisive row against it rules the cause out.",
    "because": "The sentence that people read as evidence.",
}
CHECK: Final = {"run": "A command that can be pasted.", "look_for": "What one sees if the cause is at work."}
FIX: Final = {
    "now": "What stops the bleeding.",
    "then": "What removes the cause.",
    "avoid": "What makes it worse, although it is the first idea.",
}
EVIDENCE: Final = {"for": "Rows that speak for it.", "against": "Rows that speak against it."}
EXAMPLE: Final = {
    "name": "The situation, in one sentence.",
    "given": "Signals and their values; all others are unknown.",
    "observed": "Symptoms that a person reported.",
    "expect": "A verdict, or {rank, at_least, at_most}.",
}
GIVEN: Final = {
    "value": "The value of the whole service, or `missing`.",
    "before": "Its value in the comparison window.",
    "pinned": "Whether it hardly moved in the window.",
    "parts": "Values by worker, pool or route.",
}
EXPECT: Final = {
    "rank": "Its place among the causes, from 1.",
    "at_least": "The lowest verdict that is right.",
    "at_most": "The highest verdict that is right.",
}
SYMPTOM: Final = {
    "id": "The name that --symptom takes.",
    "title": "What a person notices, in one sentence.",
    "when": "The condition that makes it hold; without one it is reported by people only.",
    "severity": "For each level the condition that makes it so; without one it is a warning.",
    "means": "What it says of the service.",
    "suspects": "Causes in the order in which an expert would suspect them.",
    "instead_of": "Symptoms that say more: this one is left out while one of them holds.",
    "replaces": "The id whose place this symptom takes.",
}
SIGNAL: Final = {
    "unit": "s, ratio, count, bytes or 1/s.",
    "title": "What it means, in one phrase.",
    "sources": "Where its value comes from; the first that yields one is taken.",
    "formula": "Two signals and + - * or /.",
    "obtain": "How a person sees it when no source yields it.",
    "replaces": "The name whose place this signal takes.",
}
OBTAIN: Final = {"run": "A read-only command.", "cost_s": "The seconds that it takes."}
ALERT: Final = {
    "id": "The name of the alert, in words joined by hyphens.",
    "title": "What is wrong, in one sentence.",
    "when": "The condition; parts that no metric shows are left out.",
    "for": "How long it has to hold before anybody is told.",
    "severity": "The condition that makes it critical.",
    "means": "What it says of the service.",
    "suspects": "Causes that the alert names first.",
}
LIMIT: Final = {
    "id": "The name that `explain` takes.",
    "title": "What is limited.",
    "used": "The signal that says how much is taken.",
    "limit": "A signal, a $parameter, or {value, from} where it is the same everywhere.",
    "when": "The comparison means something only while this holds.",
    "or": "Other ways to see the same.",
    "per": "Who has the limit.",
    "scales_with": "What makes the use grow.",
    "means": "What happens when it is reached.",
    "configured": "Where it is set.",
    "raise": "How to raise it, and what that costs.",
    "obtain": "How a person sees the numbers.",
    "growth": "A signal that says by how much the use grows in the time `per`.",
    "becomes": "The cause that it turns into when it is reached.",
}
SCENARIO: Final = {
    "name": "The situation, in one sentence.",
    "given": "Signals and their values.",
    "snapshot": "Instead: a saved snapshot, named relative to this file.",
    "observed": "Symptoms that a person reported.",
    "expect": "What the table must make of it.",
}
RANKING: Final = {
    "status": "ok, warning, critical or inconclusive.",
    "symptoms": "The symptoms that hold: these and no others, in any order.",
    "ranking": "Who comes first, in this order.",
    "causes": "What else must become of single causes.",
}
SOURCE: Final = {
    "collector": "The source that yields it by itself.",
    "needs": "The privilege or setting that it takes.",
    "histogram": "A histogram; `quantile` says which.",
    "counter": "A counter: its increase per second.",
    "gauge": "A gauge: its latest value.",
    "promql": "An expression; $selector and $window may stand in it.",
    "log": "A regular expression: records that match are counted.",
    "library": "Who exposes it.",
    "quantile": "From 0 to 1.",
    "metric": "Used where this metric exists.",
    "by": "The label that names the parts.",
    "each": "Each instance is a part of its own.",
    "where": "{label: REGEX}, anchored; !~ in front means not.",
    "requires": "{label: REGEX} without which the labels cannot tell what is asked.",
    "per": "What it is divided by.",
    "ignore": "Values of `by` that are no work of the service; health-checks are the usual ones.",
    "combine": "How series become one value.",
    "scale": "Factor to the unit: 0.001 for milliseconds.",
    "detail": "The breakdown, from another metric.",
    "suffix": "OpenTelemetry's unit suffix: the name stands for all its spellings.",
    "blind": "Series that do not see what the signal is about.",
    "bias": "Why readings are never fully trusted.",
    "bound": "On which side the true value lies.",
    "beside": "The metric is of a program beside the service.",
    "heard": "Records that show that the log would tell.",
}
