"""The files beside the code that say how it is started: bounded in number, size and depth, never run."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from fastdiag.located.located_yaml import Listing, Node, Scalar, Table, compose
from fastdiag.located.problems import Problems
from fastdiag.source.files import NOT_OURS

MAX_FILES: Final = 100
MAX_FOLDERS: Final = 2_000
MAX_BYTES: Final = 200_000
MAX_DEPTH: Final = 3
"""Folders below the audited one: further down such files belong to examples and tests."""
MAX_WORDS: Final = 400
"""Of one command; longer ones are scripts."""
_DOCKER: Final = ("dockerfile*", "*.dockerfile", "containerfile*")
_COMPOSE: Final = ("docker-compose*.y*ml", "compose*.y*ml")
_PLAIN: Final = ("procfile*", "*.sh", "supervisord*.conf", "*.service")
_TESTS: Final = frozenset({"tests", "test", "docs", "examples"})
_DIRECTIVE: Final = re.compile(r"\s*(CMD|ENTRYPOINT|ENV)\s+(.*)", re.IGNORECASE)
_KEY: Final = re.compile(r"\s*(command|ExecStart)\s*=")
"""Of supervisord and systemd. A Procfile's `web:` is a word of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command line that a file holds, as words, and where it begins."""

    file: str
    line: int
    words: tuple[str, ...]


def commands(folder: Path) -> Iterator[Command]:
    """Yield the commands that Dockerfiles, compose files, Procfiles and scripts of a folder start."""
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        text = _text(path)
        if _matches(path.name, _COMPOSE):
            yield from _in_compose(text, name)
        else:
            yield from _in_lines(text, name, is_docker=_matches(path.name, _DOCKER))


def _files(folder: Path) -> Iterator[Path]:
    found = 0
    if not folder.is_dir():
        return
    for count, (here, folders, names) in enumerate(os.walk(folder)):
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if _is_entered(name)) if depth < MAX_DEPTH else []
        for name in sorted(names):
            path = Path(here, name)
            if _matches(name, (*_DOCKER, *_COMPOSE, *_PLAIN)) and path.is_file() and not path.is_symlink():
                yield path
                found += 1
        if found >= MAX_FILES or count >= MAX_FOLDERS:
            return


def _is_entered(name: str) -> bool:
    return not name.startswith(".") and name not in NOT_OURS and name not in _TESTS


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _in_lines(text: str, name: str, *, is_docker: bool) -> Iterator[Command]:
    for line, written in _joined(text):
        directive = _DIRECTIVE.match(written)
        body = (directive[2] if directive else "") if is_docker else _KEY.sub("", written)
        if body.strip():
            yield Command(file=name, line=line, words=_words(body))


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with what a backslash at their end continues, and the number of the first one."""
    parts: list[str] = []
    start = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not parts:
            start = number
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield start, " ".join(parts)
            parts = []


def _words(body: str) -> tuple[str, ...]:
    """Return the words of a command as a shell or a list in brackets has them."""
    text = body.strip()
    if text.startswith("["):
        text = text.strip("[]").replace(",", " ")
    try:
        words = shlex.split(text, comments=True)
    except ValueError:  # an open quote
        words = text.split()
    return tuple(words[:MAX_WORDS])


def _in_compose(text: str, name: str) -> Iterator[Command]:
    tree = compose(text, name, Problems())
    services = _entry(tree, "services")
    for _, service in services.entries if isinstance(services, Table) else ():
        for key in ("command", "entrypoint"):
            node = _entry(service, key)
            match node:
                case Scalar():
                    yield Command(file=name, line=node.place.line, words=_words(node.text))
                case Listing():
                    texts = [item.text for item in node.items if isinstance(item, Scalar)]
                    yield Command(file=name, line=node.place.line, words=_of_list(texts))
                case _:
                    pass


def _of_list(texts: list[str]) -> tuple[str, ...]:
    """Return a list of arguments; `sh -c "..."` is the command that it holds."""
    shells = {"sh", "bash", "/bin/sh", "/bin/bash"}
    if len(texts) > 2 and texts[0] in shells and texts[1] in {"-c", "-lc"}:  # noqa: PLR2004 - sh -c command
        return _words(texts[2])
    return tuple(texts[:MAX_WORDS])


def _entry(node: Node | None, key: str) -> Node | None:
    entries = node.entries if isinstance(node, Table) else ()
    return next((value for name, value in entries if name.text == key), None)
