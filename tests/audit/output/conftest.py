"""Small source trees; what is kept of them lies in the test's own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.run import Tables
from fastdiag.rulebook.audit.checks import load_checks
from fastdiag.rulebook.audit.sinks import load_sinks
from fastdiag.rulebook.folders import builtin_rules
from tests.audit.output.grown import Grown


@pytest.fixture(scope="session")
def tables() -> Tables:
    rules = builtin_rules()
    return Tables(checks=load_checks(rules), sinks=load_sinks(rules))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: Tables) -> Grown:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Grown(tmp_path / "shop", tables)
