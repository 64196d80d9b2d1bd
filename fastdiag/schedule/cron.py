"""One line for a crontab; see crontab(5)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from fastdiag.errors import ConfigError
from fastdiag.model.schedule import Job
from fastdiag.schedule.places import environment_file
from fastdiag.schedule.rhythm import crontab_fields

MAX_LINE_CHARS: Final = 990
"""Debian's cron and those that share its ancestor take no command of a thousand characters."""
KILL_AFTER_S: Final = 10
NICENESS: Final = 5


def crontab(job: Job) -> str:
    """Return the line, below comments that say what it takes; with a user it is one for /etc/cron.d.

    What the run prints goes to the system log: cron would send it by mail, every time.

    Raises:
        ConfigError: the line would be longer than cron reads.

    """
    line = " ".join((crontab_fields(job.rhythm), *filter(None, (job.user,)), _for_cron(_command(job))))
    if len(line) > MAX_LINE_CHARS:
        raise ConfigError(
            f"the line of the crontab has {len(line)} characters, and cron reads {MAX_LINE_CHARS}",
            hint="keep settings in fastdiag.yaml: `fastdiag init` writes one",
        )
    return "".join(f"{text}\n" for text in (*_comments(job), line))


def _comments(job: Job) -> Iterator[str]:
    # No newline can be in them: a job holds printable text only.
    yield f"# Health report of {job.about}, by fastdiag. What it prints: journalctl -t {job.name}"
    if job.secret:
        yield f"# {environment_file(job)} is yours to write (chmod 600), a line NAME='value' for each of"
        yield f"# {', '.join(job.secret)}"


def _command(job: Job) -> str:
    limited = ("nice", "-n", str(NICENESS), "timeout", "-k", str(KILL_AFTER_S), str(job.limit_s))
    given = [f"{one.name}={one.value}" for one in job.plain]
    words = (*(("env", *given) if given else ()), *limited, *job.program, *job.arguments)
    command = " ".join(map(shlex.quote, words))
    if job.secret:
        command = f"{{ set -a; . {shlex.quote(environment_file(job))}; set +a; exec {command}; }}"
    return f"{command} 2>&1 | logger -t {job.name}"


def _for_cron(command: str) -> str:
    """Escape the percent signs, which cron takes for line breaks, for any shell word quoted by ``shlex``.

    A backslash before a percent sign cannot be escaped: cron takes two of them for one that escapes the
    other. An empty pair of quotes' ends between them makes them strangers; such a word is in single quotes.
    """
    return command.replace("\\%", "\\''%").replace("%", "\\%")
