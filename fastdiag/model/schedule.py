"""A report that another program runs again and again: systemd, cron or Kubernetes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOUR_MIN: Final = 60
DAY_MIN: Final = 24 * HOUR_MIN
WEEK_MIN: Final = 7 * DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often, and counted from when; in minutes.

    every_min  a divisor of an hour, whole hours that divide a day, a day, or a week: what a crontab can say
    start_min  minute of the day from which is counted; of a week's Monday
    is_fixed   somebody chose the start, so that nothing may be added to it to spread the load
    """

    every_min: int
    start_min: int
    is_fixed: bool = False

    @property
    def minute(self) -> int:
        """The minute of the hour of the first run."""
        return self.start_min % min(self.every_min, HOUR_MIN)

    @property
    def hour(self) -> int:
        """The hour of the day of the first run."""
        return self.start_min % min(max(self.every_min, HOUR_MIN), DAY_MIN) // HOUR_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable of the run; a secret has no value here, only its name is ever written."""

    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scheduled report.

    name       of the unit, the CronJob and the tag in the log; lower case letters, digits, dashes
    about      the service, in words, for a person
    program    how fastdiag is started: an absolute path, or an interpreter and its module
    arguments  what follows: `report` and its options; no secret is among them
    reads      files and folders that the run has to read
    writes     folders in which it puts what it writes
    journal    whether it reads the journal of systemd
    limit_s    after so many seconds it is ended; all its own limits are shorter
    user       who runs it; None leaves that to what runs it
    """

    name: str
    about: str
    rhythm: Rhythm
    program: tuple[str, ...]
    arguments: tuple[str, ...]
    variables: tuple[Variable, ...] = ()
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    journal: bool = False
    limit_s: int
    user: str | None = None

    @property
    def plain(self) -> tuple[Variable, ...]:
        """The variables that may be read by everybody."""
        return tuple(one for one in self.variables if one.value is not None)

    @property
    def secret(self) -> tuple[str, ...]:
        """The names of those that may not."""
        return tuple(one.name for one in self.variables if one.value is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A file of the configuration that a pod finds below /etc/fastdiag; ``path`` is relative to that."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """What only Kubernetes needs to know.

    claim      PersistentVolumeClaim that keeps the history and what is written; None forgets with the pod
    time_zone  by which the rhythm is counted, a name of the IANA database
    forgets    a history is kept in a file that ends with the pod
    """

    image: str
    namespace: str | None = None
    claim: str | None = None
    time_zone: str = "Etc/UTC"
    forgets: bool = False
    files: tuple[Embedded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFile:
    """A file that is to be put somewhere."""

    name: str
    text: str
