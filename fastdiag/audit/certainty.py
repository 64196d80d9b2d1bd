"""How sure several things are together: as sure as the least sure of them."""

from __future__ import annotations

from typing import Final

from fastdiag.model.audit import Confidence

_ORDER: Final = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)


def weakest(*given: Confidence) -> Confidence:
    """Return the lowest confidence of some, or certainty for none."""
    return max(given, key=_ORDER.index, default=Confidence.CERTAIN)
