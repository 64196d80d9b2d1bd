"""Counting: how many of how many, always said together."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fastdiag.model.diagnosis import Verdict
from fastdiag.model.rule import Kind
from tests.incidents.score.judged import Judged


@dataclass(frozen=True, slots=True)
class Share:
    """A count of cases, and of how many."""

    count: int
    of: int

    @property
    def ratio(self) -> float:
        """The share; of nothing it is 1, because nothing went wrong."""
        return self.count / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.count} of {self.of} ({self.ratio:.0%})" if self.of else "no case"


def share(judged: Iterable[Judged], holds: Callable[[Judged], bool]) -> Share:
    """Count the cases for which something holds."""
    outcomes = [holds(one) for one in judged]
    return Share(sum(outcomes), len(outcomes))


def faulty(judged: Iterable[Judged]) -> list[Judged]:
    """Return the cases in which something was injected."""
    return [one for one in judged if not one.case.is_healthy]


def healthy(judged: Iterable[Judged]) -> list[Judged]:
    """Return the cases in which nothing was."""
    return [one for one in judged if one.case.is_healthy]


def single_faults(judged: Iterable[Judged]) -> list[Judged]:
    """Return the cases in which exactly one fault was."""
    return [one for one in judged if one.case.is_single_fault]


def by_root(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """Return the cases of each injected cause; one with two faults stands under both."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        for root in one.case.truth.roots:
            groups.setdefault(root, []).append(one)
    return dict(sorted(groups.items()))


def named_first(judged: Iterable[Judged]) -> Counter[str]:
    """Count which causes stand first."""
    return Counter(one.first.id if one.first else "(no cause)" for one in judged)


@dataclass(frozen=True, slots=True)
class Sight:
    """Of the services whose lack of something is established: how often fastdiag says so.

    said    services that lack it, for which it is called at least likely
    unsaid  services that have it, for which it is not
    """

    said: Share
    unsaid: Share


def visibility(judged: Iterable[Judged], cause: str) -> Sight:
    """Count one cause of kind visibility over the incidents in which people would ask for it."""
    known = [one for one in faulty(judged) if one.case.truth.lacks is not None]
    lacking = [one for one in known if cause in (one.case.truth.lacks or ())]
    having = [one for one in known if cause not in (one.case.truth.lacks or ())]
    return Sight(
        share(lacking, lambda one: _says(one, cause)), share(having, lambda one: not _says(one, cause))
    )


def _says(one: Judged, cause: str) -> bool:
    listed = (found for found in one.diagnosis.causes if found.kind is Kind.VISIBILITY)
    return any(found.id == cause and found.verdict >= Verdict.LIKELY for found in listed)


def unproven(live: Sequence[Judged], causes: Iterable[str]) -> tuple[str, ...]:
    """Return the failures whose strong rows were never true in a recorded incident with that root."""
    proven = {root for one in live for root in one.strong}
    return tuple(sorted(set(causes) - proven))
