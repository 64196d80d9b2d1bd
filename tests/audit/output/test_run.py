"""One audit: whatever the source is, it ends with findings, and with what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fastdiag.audit import checks, run
from fastdiag.audit.checks import INSPECTIONS, Inspection
from fastdiag.audit.ground import Ground
from fastdiag.audit.run import Tables
from fastdiag.errors import ConfigError
from fastdiag.model.audit import CodePlace, Finding
from tests.audit.output.grown import Grown
from tests.audit.output.test_fingerprint import SLEEPING

HOSTILE = {
    "python2.py": b"print 'x'\n",
    "newer.py": b"match x:\n  case 1 if: pass\n",
    "nul.py": b"x = 1\0\n",
    "latin.py": b"# coding: latin-1\nx = '\xe9'\n",
    "wrong.py": b"x = '\xe9'\n",
    "nowhere.py": b"# coding: klingon\n",
    "deep.py": b"x = " + b"(" * 5000 + b")" * 5000,
    "chained.py": b"x = " + b"a." * 20_000 + b"b()\n",
    "summed.py": b"def f():\n  return " + b"1+" * 20_000 + b"1\n",
    "nested.py": b"".join(b" " * i + b"if x:\n" for i in range(90)) + b" " * 90 + b"pass\n",
    "bomb.py": b"x = " + b"[" * 60 + b"]" * 60 + b"\n" + b"f(" * 150 + b")" * 150,
    "bell.py": b"# fastdiag: ignore[\x1b]0;owned\x07] x\ny = 1\n",
    "empty.py": b"",
}


def test_every_finding_is_of_a_check_of_the_table_and_every_check_of_the_table_is_looked_for(
    tables: Tables,
) -> None:
    assert {name for one in INSPECTIONS for name in one.ids} | {"invalid-ignore"} == set(tables.checks)


def test_hostile_files_are_told_and_the_others_are_audited_all_the_same(tree: Grown) -> None:
    for name, content in HOSTILE.items():
        (tree.folder / name).write_bytes(content)
    tree.write(SLEEPING)
    found = tree.audit()
    assert [one.place.file for one in found.findings if one.check == "blocking-call"] == ["main.py"]
    told = {one.place.file for one in found.unread}
    assert told >= {"python2.py", "newer.py", "nul.py", "wrong.py", "nowhere.py", "deep.py"}
    assert told.isdisjoint({"main.py", "empty.py", "latin.py", "bomb.py", "."})
    assert all(text.isprintable() for one in found.findings for text in (one.message, one.fix))


def test_a_check_that_fails_is_told_and_takes_no_other_down(
    tree: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(ground: Ground) -> Iterator[Finding]:
        yield next(iter(checks.blocking.check(ground)))
        raise KeyError("x")

    monkeypatch.setattr(run, "INSPECTIONS", (Inspection(ids=("a", "b"), look=failing), *INSPECTIONS[1:]))
    tree.write(SLEEPING)
    found = tree.audit()
    assert [one.reason for one in found.unread] == ["the search for a, b stopped: KeyError: 'x'"]
    assert {"blocking-call", "no-metrics"} <= {one.check for one in found.findings}


def test_a_flood_of_findings_is_bounded_and_told(tree: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_FINDINGS", 2)
    tree.write(SLEEPING + "    time.sleep(2)\n    time.sleep(3)\n")
    found = tree.audit()
    assert len([one for one in found.findings if one.check == "blocking-call"]) == 2
    assert (
        found.unread[0].reason
        == "the search for blocking-call found more than 2 places; the rest is not told"
    )


def test_an_audit_that_takes_too_long_ends_with_what_it_has(
    tree: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MAX_SECONDS", -1)
    tree.write(SLEEPING)
    assert any("the audit has taken" in one.reason for one in tree.audit().unread)


def test_columns_count_characters_as_editors_do(tree: Grown) -> None:
    tree.write(SLEEPING.replace("time.sleep(1)", 'x = "äöü漢"; time.sleep(1)'))
    (found,) = tree.blocking()
    assert found.place == CodePlace("main.py", 7, 17)
    assert found.chain[-1].place == found.place


def test_no_secret_of_the_source_is_told(tree: Grown) -> None:
    tree.write(
        """\
        import requests
        from fastapi import FastAPI
        from sqlalchemy import create_engine
        app = FastAPI()
        engine = create_engine("postgresql://shop:hunter2secret@db/shop", pool_size=5)

        @app.get("/token=hunter2secret")
        async def root():
            requests.get("https://user:hunter2secret@tax.example/")
        """
    )
    found = tree.audit()
    assert len([one for one in found.findings if one.check == "blocking-call"]) == 1
    assert "hunter2secret" not in repr(found)


def test_one_file_can_be_audited(tree: Grown, tables: Tables) -> None:
    path = tree.write(SLEEPING)
    tree.write(SLEEPING, "other.py")
    found = run.audit(path, tables, say=lambda _: None)
    assert found.files == 1
    assert {one.place.file for one in found.findings} == {"main.py"}


def test_a_folder_that_is_not_there_is_told(tree: Grown, tables: Tables) -> None:
    with pytest.raises(ConfigError, match="there is no file or folder"):
        run.audit(tree.folder / "none", tables, say=lambda _: None)
