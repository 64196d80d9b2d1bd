"""The vocabulary as it is shipped, so that what is tested is what users run."""

import functools

from fastdiag.model.signal import Catalogue, MetricSource
from fastdiag.rulebook.load import builtin_rules, load_rulebook


@functools.cache
def shipped() -> Catalogue:
    """Return all signals of rules/signals with their sources."""
    return load_rulebook(builtin_rules()).catalogue


def metric(signal: str, library: str) -> MetricSource:
    """Return the source of a signal that belongs to a library."""
    sources = shipped().signals[signal].sources
    return next(s for s in sources if isinstance(s, MetricSource) and s.library == library)
