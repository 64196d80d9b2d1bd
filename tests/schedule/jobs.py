"""Jobs to be written down, one with every word that could mean something to somebody."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from fastdiag.model.schedule import Job, Rhythm, Variable

HOSTILE: Final = (
    "a b",
    "it's",
    'a "quoted" word',
    "back\\slash \\n \\",
    "100%",
    "\\%",
    "\\\\% %%n %h",
    "%i%%",
    "$HOME ${HOME} $(id) $$",
    "`id`",
    "; rm x",
    ";",
    "|",
    "&& false #",
    "# no comment",
    "{{ a }}: [b, *c, &d, !e]",
    "- item",
    "yes",
    "010",
    "0o17",
    "1:30",
    "~",
    "*",
    "@-+!:x",
    "ü€𝄞",
    '{job="shop",path=~"/a\\\\.b|c.*"}',
    "--option=$VALUE",
    "",
    "'",
    "''%''",
    "\\'%",
)
"""What an argument may hold that means something to a shell, cron, systemd, YAML or the kubelet."""

QUARTER: Final = Rhythm(every_min=15, start_min=3)


def job(  # noqa: PLR0913 - what a job is made of
    *,
    arguments: tuple[str, ...] = ("report", "--service", "shop"),
    program: tuple[str, ...] = ("/usr/bin/env",),
    about: str = "shop",
    variables: tuple[Variable, ...] = (),
    reads: tuple[Path, ...] = (),
    writes: tuple[Path, ...] = (),
    user: str | None = None,
    rhythm: Rhythm = QUARTER,
) -> Job:
    return Job(
        name="fastdiag-shop",
        about=about,
        rhythm=rhythm,
        program=program,
        arguments=arguments,
        variables=variables,
        reads=reads,
        writes=writes,
        limit_s=120,
        user=user,
    )


def echoing(folder: Path) -> Path:
    """Write a program that keeps its arguments, a NUL behind each, and its environment, in that folder."""
    program = folder / "fast diag's 100% \\ $HOME"
    program.write_text(
        f"#!/bin/sh\nprintf '%s\\0' \"$@\" > '{folder}/arguments'\nenv -0 > '{folder}/environment'\n"
        "echo the result\necho a note >&2\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def heard(folder: Path) -> tuple[str, ...]:
    """Return the arguments that the program got."""
    return tuple((folder / "arguments").read_text(encoding="utf-8").split("\0")[:-1])


def environment_heard(folder: Path) -> dict[str, str]:
    """Return the environment that the program got."""
    entries = (folder / "environment").read_text(encoding="utf-8").split("\0")[:-1]
    return dict(entry.split("=", 1) for entry in entries)


def ran(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=more or None)
