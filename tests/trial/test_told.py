"""What a mutation found, as people and scripts read it: rows, edges and conditions of symptoms."""

from __future__ import annotations

import json
from pathlib import Path

from fastdiag.model.trial import Fate, MutantTried, Trials
from fastdiag.render.trials import json as json_paper
from fastdiag.render.trials import terminal
from fastdiag.trial.mutants import all_mutants
from tests.trial.tables import table


def unnoticed(folder: Path) -> Trials:
    """Return a run in which nobody noticed anything."""
    found = (MutantTried(mutant=one, fate=Fate.SURVIVED) for one in all_mutants(table(folder)))
    return Trials(cases=(), mutants=tuple(found))


def test_a_person_is_told_where_each_thing_stands_and_what_was_done_to_it(tmp_path: Path) -> None:
    text = terminal.screen(unnoticed(tmp_path / "rules"), width=100)
    for told in (
        "for pool, decisive: x.queue >= 1",
        "flipped x.queue < 1 instead of >= (shows in no case)",
        "dropped the whole row",
        "--> rules/causes/pool.yaml:1:1",
        "pool, driven_by: locks",
        "dropped the edge",
        "--> rules/symptoms.yaml:2:3",
        "symptom slow, when: x.latency > $slow",
        "symptom slow, critical: x.latency > 10s",
        "dropped the severity",
    ):
        assert told in text, told


def test_a_script_can_tell_the_kinds_apart(tmp_path: Path) -> None:
    document = json.loads(json_paper.render(unnoticed(tmp_path / "rules")))
    kinds = {one["kind"]: one for one in document["mutants"]}
    assert set(kinds) == {"row", "edge", "symptom"}
    assert (kinds["edge"]["cause"], kinds["edge"]["driven_by"]) == ("pool", "locks")
    assert (kinds["symptom"]["symptom"], kinds["symptom"]["severity"]) == ("slow", "critical")
    assert all({"cause", "change", "said", "fate", "file", "line"} <= set(one) for one in document["mutants"])
