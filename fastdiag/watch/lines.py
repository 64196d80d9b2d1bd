"""The watch without a terminal: one line a look, for logs and for programs that read along."""

from __future__ import annotations

from collections.abc import Callable

from fastdiag.model.watching import Watched
from fastdiag.watch.inbox import Inbox, Terminated
from fastdiag.watch.session import Plan, Session

Say = Callable[[str], None]


def run(plan: Plan, line: Callable[[Watched], str], say: Say, note: Say) -> None:
    """Watch until all looks are done or a signal ends it.

    Each look is said as the ``line`` that is made of it. What a person should know of how it came about is
    noted, the same only once in a row.

    Raises:
        FastdiagError: the very first look could not be taken.
        BrokenPipeError: nobody reads any more.

    """
    inbox = Inbox()
    session = Session(plan, inbox.post)
    noted: tuple[str, ...] = ()
    with inbox.open():
        try:
            while not session.is_over:
                inbox.wait(session.look_if_due())
                inbox.signals()
                for event in inbox.events():
                    if session.receive(event):
                        noted = _tell(session.watched, line, say, note, noted)
        except (KeyboardInterrupt, Terminated):  # ways to end it
            pass


def _tell(
    watched: Watched, line: Callable[[Watched], str], say: Say, note: Say, noted: tuple[str, ...]
) -> tuple[str, ...]:
    """Say a look; return what has been noted of how it came about."""
    say(line(watched))
    for text in watched.notes:
        if text not in noted:
            note(text)
    return watched.notes
