# ruff: noqa: E501 - an error is compared as users see it: one line
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from fastdiag.model.example import Expectation, Given
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import Check, Fix, Kind, Layer, Severity, Weight
from fastdiag.rulebook.load import load_rulebook
from tests.rulebook.tables import CAUSE, CAUSE_FILE, changed, refusal, write


def test_a_symptom_is_a_row(tmp_path: Path) -> None:
    files = changed("symptoms.yaml", "  means:", '  severity: {critical: "http.latency.p95 > 5s"}\n  means:')
    (symptom,) = load_rulebook(write(tmp_path, files)).symptoms

    assert symptom.id == "low-cpu-high-latency"
    assert str(symptom.when) == "(service.cpu < 50% and http.latency.p95 > $slow)"
    assert {level: str(when) for level, when in symptom.severity.items()} == {
        Severity.CRITICAL: "http.latency.p95 > 5s"
    }
    assert symptom.suspects == ("db-pool-exhaustion",)
    assert symptom.where == "rules/symptoms.yaml:1:3"


def test_a_symptom_that_only_people_see_has_no_condition(tmp_path: Path) -> None:
    when = '  when: {all: ["service.cpu < 50%", "http.latency.p95 > $slow"]}\n'
    (symptom,) = load_rulebook(write(tmp_path, changed("symptoms.yaml", when, ""))).symptoms

    assert symptom.when is None


def test_a_cause_is_a_file(tmp_path: Path) -> None:
    (cause,) = load_rulebook(write(tmp_path)).causes

    assert (cause.id, cause.kind) == ("db-pool-exhaustion", Kind.FAILURE)
    (row,) = cause.supports
    assert (str(row.when), row.weight) == ("db.pool.utilization >= 95%", Weight.STRONG)
    assert row.where == f"rules/{CAUSE_FILE}:8:7"
    assert cause.check == (Check(run="fastdiag snapshot", look_for="a full pool"),)
    assert cause.fix == Fix(
        now="find what holds the connections", then="size the pool on purpose", avoid="adding workers"
    )


def test_an_example_is_a_situation_and_what_the_table_must_say(tmp_path: Path) -> None:
    (cause,) = load_rulebook(write(tmp_path)).causes

    full, half_empty, unseen = cause.examples
    assert full.given["http.latency.p95"] == Given(value=Quantity(4.0, Unit.SECONDS, "4s"))
    assert full.expect == Expectation(rank=1, at_least="likely")
    assert half_empty.expect == Expectation(at_least="ruled out", at_most="ruled out")
    assert unseen.given["db.pool.utilization"] == Given(value=None)


def test_an_example_may_say_what_was_before_and_how_it_divides(tmp_path: Path) -> None:
    rich = "db.pool.utilization: {value: 1.0, before: 20%, pinned: true, parts: [100%, 30%]}"
    files = changed(CAUSE_FILE, "db.pool.utilization: 100%", rich)
    (cause,) = load_rulebook(write(tmp_path, files)).causes

    assert cause.examples[0].given["db.pool.utilization"] == Given(
        value=Quantity(1.0, Unit.RATIO, "1.0"),
        before=Quantity(0.2, Unit.RATIO, "20%"),
        pinned=True,
        parts=(Quantity(1.0, Unit.RATIO, "100%"), Quantity(0.3, Unit.RATIO, "30%")),
    )


def test_an_example_may_say_what_a_person_observed(tmp_path: Path) -> None:
    files = changed(
        CAUSE_FILE, "- name: full pool\n", "- name: full pool\n    observed: [low-cpu-high-latency]\n"
    )
    (cause,) = load_rulebook(write(tmp_path, files)).causes

    assert cause.examples[0].observed == ("low-cpu-high-latency",)
    assert cause.examples[1].observed == ()


def test_a_cause_says_where_it_sits_and_what_it_is_a_case_of(tmp_path: Path) -> None:
    files = changed(CAUSE_FILE, "layer: orm session\n", "layer: database\nmechanisms: [pool arithmetic]\n")
    (cause,) = load_rulebook(write(tmp_path, files)).causes

    assert (cause.layer, cause.mechanisms) == (Layer.DATABASE, ("pool arithmetic",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "service.cpu < 50%",
            "service.cpu < 50s",
            snapshot("""\
rules/symptoms.yaml:3:31: 50s does not fit service.cpu, which is a ratio
  hint: write 95% or 0.95\
"""),
        ),
        (
            "[db-pool-exhaustion]",
            "[db-pol-exhaustion]",
            snapshot("""\
rules/symptoms.yaml:5:14: 'suspects' names an unknown cause, 'db-pol-exhaustion'
  hint: did you mean 'db-pool-exhaustion'?\
"""),
        ),
        (
            "[db-pool-exhaustion]",
            "[db-pool-exhaustion, db-pool-exhaustion]",
            snapshot("rules/symptoms.yaml:5:34: 'suspects' names 'db-pool-exhaustion' twice"),
        ),
        (
            "[db-pool-exhaustion]",
            "db-pool-exhaustion",
            snapshot("rules/symptoms.yaml:5:13: 'suspects' must be a list, and is a text"),
        ),
        (
            "- id: low-cpu-high-latency",
            "- id: Low CPU",
            snapshot("""\
2 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:3:12: 'explains' names an unknown symptom, 'low-cpu-high-latency'
  rules/symptoms.yaml:1:7: 'Low CPU' cannot be an id
    hint: an id is like low-cpu-high-latency\
"""),
        ),
        (
            "  title: CPU is low, but latency is high\n",
            "",
            snapshot("rules/symptoms.yaml:1:3: a symptom needs 'title'"),
        ),
        (
            "  means:",
            "  severity: {fatal: 'service.cpu < 5%'}\n  means:",
            snapshot("""\
rules/symptoms.yaml:4:14: 'severity' has no key 'fatal'
  hint: one of: warning, critical\
"""),
        ),
        (
            "  means: Requests are waiting for something, not computing.",
            "  means: yes",
            snapshot("""\
rules/symptoms.yaml:4:10: 'means' is yes without quotes, which YAML reads as the truth value true
  hint: if the text is meant, write "yes"\
"""),
        ),
        (
            "- id: low-cpu-high-latency\n ",
            "- id: low-cpu-high-latency\n- id: low-cpu-high-latency\n ",
            snapshot("rules/symptoms.yaml:2:3: symptom low-cpu-high-latency is already given in line 1"),
        ),
    ],
)
def test_a_symptom_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert refusal(tmp_path, changed("symptoms.yaml", old, new)) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "id: db-pool-exhaustion",
            "id: db-pool-exhausted",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:1:5: the id is 'db-pool-exhausted', and the file is db-pool-exhaustion.yaml
  hint: a cause's file bears its name: write 'db-pool-exhaustion', or rename the file\
"""),
        ),
        (
            "title: The",
            "titel: The",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:2:1: a cause has no key 'titel'
  hint: did you mean 'title'?\
"""),
        ),
        (
            CAUSE[CAUSE.index("evidence:") : CAUSE.index("check:")],
            "evidence: nothing\n",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:6:11: 'evidence' must be a mapping, and is a text"
            ),
        ),
        (
            "title: The",
            "kind: failed\ntitle: The",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:2:7: 'kind' is 'failed', which is not one of its words
  hint: did you mean 'failure'?\
"""),
        ),
        (
            "title: The",
            "driven_by: [database-lock]\ntitle: The",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:2:13: 'driven_by' names an unknown cause, 'database-lock'"
            ),
        ),
        (
            "title: The",
            "distorts: [http.latency.p59]\ntitle: The",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:2:12: 'distorts' names an unknown signal, 'http.latency.p59'
  hint: did you mean 'http.latency.p95'?\
"""),
        ),
        (
            "[low-cpu-high-latency]",
            "[low-cpu-hi-latency]",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:3:12: 'explains' names an unknown symptom, 'low-cpu-hi-latency'
  hint: did you mean 'low-cpu-high-latency'?\
"""),
        ),
        (
            "examples:",
            "references: [https://example.org, no, [1]]\nexamples:",
            snapshot("""\
2 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:14:35: an item of 'references' is no without quotes, which YAML reads as the truth value false
    hint: if the text is meant, write "no"
  rules/causes/db-pool-exhaustion.yaml:14:39: an item of 'references' must be a single value, and is a list\
"""),
        ),
        (
            "why: Requests queue for a connection.",
            "why:",
            snapshot("rules/causes/db-pool-exhaustion.yaml:5:5: 'why' is empty"),
        ),
        (
            "why: Requests queue for a connection.",
            "why: [queue]",
            snapshot("rules/causes/db-pool-exhaustion.yaml:5:6: 'why' must be a single value, and is a list"),
        ),
        (
            "db.pool.utilization >= 95%",
            "db.pool.utilisation >= 95%",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:8:15: unknown signal 'db.pool.utilisation'
  hint: did you mean 'db.pool.utilization'?\
"""),
        ),
        (
            "weight: strong",
            "weight: storng",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:8:52: 'weight' is 'storng', which is not one of its words
  hint: did you mean 'strong'?\
"""),
        ),
        (
            "weight: strong, ",
            "",
            snapshot("rules/causes/db-pool-exhaustion.yaml:8:7: a row of evidence needs 'weight'"),
        ),
        (
            "because: almost every connection is checked out",
            "because: all, or nearly all",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:8:74: a row of evidence has no key 'or nearly all'
  hint: between { and } a comma ends a text: put the whole text in quotes\
"""),
        ),
        (
            ", avoid: adding workers",
            "",
            snapshot("rules/causes/db-pool-exhaustion.yaml:13:6: 'fix' needs 'avoid'"),
        ),
        (
            "look_for: a full pool",
            "lookfor: a full pool",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:12:30: a check has no key 'lookfor'
  hint: did you mean 'look_for'?\
"""),
        ),
        (
            "db.pool.utilization: 45%",
            "db.pool.utilizatoin: 45%",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:19:53: unknown signal 'db.pool.utilizatoin'
  hint: did you mean 'db.pool.utilization'?\
"""),
        ),
        (
            "db.pool.utilization: 45%",
            "db.pool.utilization: 45",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:19:74: 45 needs a unit: db.pool.utilization is a ratio
  hint: write 45%, or 4500% if that is meant\
"""),
        ),
        (
            "db.pool.utilization: 45%",
            "db.pool.utilization: 4s",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:19:74: 4s does not fit db.pool.utilization, which is a ratio
  hint: write 95% or 0.95\
"""),
        ),
        (
            "db.pool.utilization: 45%",
            "db.pool.utilization: {before: 4%}",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:19:74: a given signal needs 'value' or 'parts'
  hint: or the word 'missing'\
"""),
        ),
        (
            "db.pool.utilization: 45%",
            "db.pool.utilization: {value: 4%, pinned: yes}",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:19:94: 'pinned' must be true or false, and is 'yes'"
            ),
        ),
        (
            "db.pool.utilization: missing",
            "db.pool.utilization: mising",
            snapshot(
                """\
rules/causes/db-pool-exhaustion.yaml:22:74: db.pool.utilization: 'mising' is not a number with a unit, such as 95%, 250ms, 4s, 512MiB or 40
  hint: did you mean 'missing'?\
"""
            ),
        ),
        (
            "expect: ruled out",
            "expect: rulled out",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:20:13: 'expect' is 'rulled out', which is not one of its words
  hint: did you mean 'ruled out'?\
"""),
        ),
        (
            "expect: ruled out",
            "expect: {at_least: likely, at_most: possible}",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:20:13: nothing is at least likely and at most possible"
            ),
        ),
        (
            "expect: ruled out",
            "expect: {}",
            snapshot("""\
rules/causes/db-pool-exhaustion.yaml:20:13: 'expect' expects nothing
  hint: a verdict (ruled out, unlikely, possible, likely, very likely) or a rank\
"""),
        ),
        (
            "expect: {rank: 1, at_least: likely}",
            "expect: {rank: first}",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:17:20: 'rank' must be a number, such as 5 or 0.95, and is 'first'"
            ),
        ),
        (
            "expect: {rank: 1, at_least: likely}",
            "expect: {rank: 0}",
            snapshot("rules/causes/db-pool-exhaustion.yaml:17:20: 'rank' must be 1, 2, 3 ..., and is 0"),
        ),
        (
            "name: half-empty pool",
            "name: full pool",
            snapshot(
                "rules/causes/db-pool-exhaustion.yaml:18:5: another example is already called 'full pool'"
            ),
        ),
    ],
)
def test_a_cause_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert refusal(tmp_path, changed(CAUSE_FILE, old, new)) == said
