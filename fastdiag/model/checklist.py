"""The field guide's two checklists: what the service lets be seen, and whether it is ready for production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastdiag.model.audit import CodePlace, Finding


class Sight(StrEnum):
    """Whether an observability item is to be seen."""

    VISIBLE = "visible"
    NOT_VISIBLE = "not visible"
    CANNOT_TELL = "cannot tell"


class Readiness(StrEnum):
    """How the service stands on a readiness item."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    ATTESTED = "attested"  # somebody vouches for it, until a date
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that was seen, or that could not be.

    source   code, processes, prometheus, scrape, postgres, logs, probe, workers, queue, attestation ...
    text     one sentence
    speaks   True for the item, False against it, None: it could not be seen (and ``text`` says why)
    signal   the signal it rests on, where it is one
    place    the line of code it rests on, where it is one
    finding  the audit's finding, where it is one
    """

    source: str
    text: str
    speaks: bool | None
    signal: str = ""
    place: CodePlace | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a checklist, as rules/checklists/*.yaml has it.

    group     the heading it stands under
    why       what happens in production without it
    obtain    how a person finds out when no source tells
    attest    whether only a person can know it, who then vouches for it in fastdiag.yaml
    fix       what to do when it fails, where what was found says nothing better
    causes    ids of causes that would not be at work if it held
    shown_by  ids of observability items that have to be visible for it
    """

    id: str
    title: str
    group: str
    why: str
    obtain: str
    attest: bool = False
    references: tuple[str, ...] = ()
    where: str = ""
    fix: str = ""
    causes: tuple[str, ...] = ()
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good what is seen is: a concern with what it leads to, e.g. buckets that miss the objective."""

    text: str
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One observability item and what shows it.

    by         the metrics, log fields or headers that show it
    age_s      how old the newest sample is; None where that is not known
    qualities  what is good or bad about it
    add        the few lines that make it visible, for the libraries that it uses; empty when all is well
    """

    item: Item
    sight: Sight
    by: tuple[str, ...] = ()
    age_s: float | None = None
    qualities: tuple[Quality, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    add: str = ""
    add_to: str = ""  # where the lines go: `main.py`, `logging configuration`, `prometheus.yml`


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The observability checklist, answered; ``notes`` say how it was looked at."""

    service: str
    taken_at: str
    items: tuple[Seen, ...]
    sources: Mapping[str, str]  # name -> "ok", "partial: ...", "failed: ...", "skipped: ..."
    notes: tuple[str, ...] = ()

    @property
    def visible(self) -> int:
        """How many items are visible."""
        return sum(seen.sight is Sight.VISIBLE for seen in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Somebody vouches for an item in fastdiag.yaml.

    until  ISO date after which it no longer counts
    where  file:line:column
    """

    item: str
    owner: str
    date: str
    until: str
    note: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One readiness item and how the service stands on it; ``fix`` is what to do when it fails."""

    item: Item
    verdict: Readiness
    evidence: tuple[Evidence, ...] = ()
    attestation: Attestation | None = None
    fix: str = ""
