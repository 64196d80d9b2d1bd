"""The tab key knows the words of the rules, and never prints anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import fastdiag, shell
from tests.cli.conftest import Here


def pressed(line: str) -> dict[str, str]:
    """Return the environment in which bash asks for completions of a line."""
    words = line.split(" ")
    return {
        "_FASTDIAG_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fastdiag d", ["diagnose", "demo"]),
        ("fastdiag sour", ["sources"]),
        ("fastdiag snapshot --only p", ["prometheus", "postgres", "pgbouncer", "processes", "probe"]),
        ("fastdiag sources --skip q", ["queue"]),
        ("fastdiag snapshot --only probe --skip w", ["workers"]),
        ("fastdiag snapshot --symptom restart", ["restart-fixes-temporarily"]),
        ("fastdiag snapshot --format ", ["auto", "terminal", "json", "markdown", "html"]),
        ("fastdiag headroom --format ", ["auto", "terminal", "json", "markdown"]),
        ("fastdiag report --if-running ", ["fail", "skip", "wait"]),
        ("fastdiag snapshot -f bad --fail-on ", ["warning", "critical"]),
        ("fastdiag explain slow-ext", ["slow-external-dependency"]),
        ("fastdiag explain hanging", ["hanging-requests"]),
        ("fastdiag demo ", ["pool", "loop", "upstream", "healthy"]),
        ("fastdiag snapshot --deadl", ["--deadline"]),
    ],
)
def test_values_are_offered(line: str, words: list[str], here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in pressed(line).items():
        monkeypatch.setenv(name, value)
    ran = here.run()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.split() == words


def test_a_broken_installation_offers_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise RuntimeError('it broke')")
    environ = {"PYTHONPATH": str(tmp_path), **pressed("fastdiag snapshot --symptom ")}
    ran = fastdiag(environ=environ)
    assert (ran.out.strip(), ran.err) == ("", "")


def test_the_script_for_bash_works_in_bash(tmp_path: Path) -> None:
    typed = "COMP_WORDS=(fastdiag explain slow-q); COMP_CWORD=2"
    press_tab = f"{typed}; _fastdiag_completion fastdiag; echo ${{COMPREPLY[*]}}"
    ran = shell(
        f'script=$(fastdiag --show-completion); eval "$script"; {press_tab}',
        cwd=tmp_path,
    )
    assert (ran.out, ran.err) == ("slow-queries\n", "")


def test_installing_it_touches_nothing_but_the_home_of_the_user(tmp_path: Path) -> None:
    ran = shell("fastdiag --install-completion; true", cwd=tmp_path, environ={"HOME": str(tmp_path)})
    assert "bash completion installed in" in ran.out
    assert {path.name for path in tmp_path.iterdir()} <= {".bashrc", ".bash_completions"}
    assert "fastdiag" in (tmp_path / ".bashrc").read_text()
