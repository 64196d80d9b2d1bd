"""Which rows of evidence the cases decide: a row that none decides could say anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fastdiag.model.rule import Rulebook
from fastdiag.model.trial import Case, Row, RowSeen, Tried


def rows_of(book: Rulebook, about: Collection[str] = ()) -> Iterator[Row]:
    """Yield the rows of the causes ``about``, of all where it is empty, in the order of their files."""
    for cause in book.causes:
        if not about or cause.id in about:
            for is_for, side in ((True, cause.supports), (False, cause.contradicts)):
                for index, evidence in enumerate(side):
                    yield Row(cause=cause.id, is_for=is_for, index=index, evidence=evidence)


def coverage(
    book: Rulebook, tried: Sequence[tuple[Case, Tried]], about: Collection[str] = ()
) -> tuple[RowSeen, ...]:
    """Return how often each row is true and false in the cases that say something of its cause.

    That the example of another cause happens to decide it shows nothing: nobody has looked at what it does.
    """
    return tuple(_seen(row, tried) for row in rows_of(book, about))


def _seen(row: Row, tried: Sequence[tuple[Case, Tried]]) -> RowSeen:
    own = [one for case, one in tried if row.cause in case.concerns]
    key = row.evidence.when.key
    return RowSeen(
        row=row, true=sum(key in one.true for one in own), false=sum(key in one.false for one in own)
    )
