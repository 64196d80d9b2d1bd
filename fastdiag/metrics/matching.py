"""Label matchers, as Prometheus means them: anchored, and an absent label is the empty string."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping

from fastdiag.model.signal import Labels, Matcher


def matches(labels: Mapping[str, str], matchers: Iterable[Matcher]) -> bool:
    """Whether a label set satisfies every matcher."""
    return all(
        bool(_compiled(m.pattern).fullmatch(labels.get(m.label, ""))) is not m.negate for m in matchers
    )


def minds_absence(matcher: Matcher) -> bool:
    """Whether a label that appears nowhere is an answer to the matcher, and not a sign of a wrong name.

    It is for "any value", for a pattern that accepts the empty string, and for a negated one.
    """
    return matcher.negate or matcher.pattern == ".+" or matches({}, (matcher,))


def pick(labels: Mapping[str, str], names: Iterable[str]) -> Labels:
    """Return the named labels that are not empty, sorted by name."""
    return tuple(sorted((name, labels[name]) for name in names if labels.get(name)))


def regrouped(vector: Mapping[Labels, float], keep: Collection[str]) -> dict[Labels, float]:
    """Add up what differs only in labels that are not kept."""
    groups: dict[Labels, float] = {}
    for labels, value in vector.items():
        own = tuple(pair for pair in labels if pair[0] in keep)
        groups[own] = groups.get(own, 0.0) + value
    return groups


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
