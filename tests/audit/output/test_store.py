"""An unchanged tree is not analysed again; whatever changed, or is damaged, makes that undone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.audit import store
from fastdiag.audit.codec import from_row, to_row
from fastdiag.audit.run import Tables, audit
from tests.audit.output.grown import Grown
from tests.audit.output.test_fingerprint import SLEEPING
from tests.render.audit.sheets import AUDIT


def the_file() -> Path:
    (path,) = store.directory().glob("*.json")
    return path


def test_an_unchanged_tree_is_told_from_memory_and_is_the_same(tree: Grown) -> None:
    tree.write(SLEEPING)
    first, second = tree.audit(), tree.audit()
    assert not first.from_cache
    assert second.from_cache
    assert replace(second, seconds=first.seconds, from_cache=False) == first


def test_every_change_is_noticed(tree: Grown, tables: Tables) -> None:
    tree.write(SLEEPING)
    tree.audit()
    tree.write(SLEEPING.replace("sleep(1)", "sleep(2)"))
    assert not tree.audit().from_cache
    tree.write("x = 1", "new.py")
    assert not tree.audit().from_cache
    assert not tree.audit(exclude=("new.py",)).from_cache
    tree.write("CMD uvicorn main:app --workers 4", "Dockerfile")
    assert not tree.audit().from_cache
    other = {**tables.checks, "blocking-call": replace(tables.checks["blocking-call"], fix="another")}
    tree.tables = replace(tables, checks=other)
    assert not tree.audit().from_cache
    assert tree.audit().from_cache
    assert not tree.audit(use_cache=False).from_cache


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "null", '{"key": 1}', "\0" * 100, "[" * 100_000],
    ids=["empty", "cut", "list", "null", "without an audit", "zeros", "deep"],
)
def test_a_damaged_file_is_as_good_as_none(tree: Grown, damage: str) -> None:
    tree.write(SLEEPING)
    first = tree.audit()
    the_file().write_text(damage)
    assert store.last(tree.folder) is None
    again = tree.audit()
    assert not again.from_cache
    assert again.findings == first.findings


def test_a_field_of_another_kind_is_damage(tree: Grown) -> None:
    tree.write(SLEEPING)
    tree.audit()
    document = json.loads(the_file().read_text())
    document["audit"]["findings"][0]["severity"] = "dreadful"
    the_file().write_text(json.dumps(document))
    assert store.last(tree.folder) is None


def test_where_nothing_can_be_kept_the_audit_is_made_all_the_same(tree: Grown) -> None:
    (tree.folder.parent / "cache").write_text("a file where a folder should be")
    tree.write(SLEEPING)
    assert tree.blocking()
    assert not tree.audit().from_cache


def test_only_the_owner_can_read_what_is_kept(tree: Grown) -> None:
    tree.write(SLEEPING)
    tree.audit()
    assert the_file().stat().st_mode & 0o077 == 0


def test_folders_that_nobody_looked_at_for_long_are_forgotten(
    tree: Grown, monkeypatch: pytest.MonkeyPatch, tables: Tables
) -> None:
    monkeypatch.setattr(store, "MAX_KEPT", 2)
    for name in ("a", "b", "c"):
        tree.write("x = 1", f"{name}/main.py")
        audit(tree.folder / name, tables, say=lambda _: None)
    assert len(list(store.directory().glob("*.json"))) == 2


def test_every_field_survives() -> None:
    kept = replace(AUDIT, from_cache=True)
    assert from_row(json.loads(json.dumps(to_row(kept)))) == kept
