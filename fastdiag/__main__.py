"""The entry point: runs the command line and turns every fault into a sentence and an exit code.

0 collected and diagnosed · 1 a finding at or above --fail-on · 2 wrong use, configuration or rules ·
3 nothing could be collected · 4 internal error · 130 interrupted
"""

from __future__ import annotations

import gc
import os
import re
import sys
from contextlib import suppress
from typing import Final, TextIO

from fastdiag.errors import FastdiagError

INTERNAL_ERROR: Final = 4
GARBAGE_THRESHOLD: Final = 200_000
"""New objects between two collections: with the usual 700, a tenth of a short run goes into them."""
INTERRUPTED: Final = 130
_COLLAPSED_URL: Final = re.compile(r"\b([a-z][a-z0-9+.-]*):/(?=[^/\s]*:[^\s]*@)")
"""What a Path makes of a DSN that was given where a file belongs; it has to look like one to be masked."""


def main() -> None:
    """Run fastdiag and end at once: to take apart an interpreter with all its clients costs 0.1 s more."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    os._exit(run(sys.argv[1:]))  # its streams are flushed, and nothing else of it waits to be put away


def run(arguments: list[str]) -> int:
    """Run fastdiag with these arguments and return its exit code; prints, raises nothing but SystemExit."""
    _open_closed_streams()
    try:
        from fastdiag.cli.app import invoke  # noqa: PLC0415 - an import error must end as a sentence too

        return invoke(arguments)
    except FastdiagError as error:
        _tell(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a stream has gone; that is its right
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a user
        return _internal_error(error)
    finally:
        _flush(sys.stdout)
        _flush(sys.stderr)


def _internal_error(error: Exception) -> int:
    if os.environ.get("FASTDIAG_DEBUG"):
        import traceback  # noqa: PLC0415 - only for who asked for it

        traceback.print_exc()
    _tell(f"internal error: {type(error).__name__}: {error}")
    _tell("  hint: this is a defect of fastdiag; FASTDIAG_DEBUG=1 shows where, please report it")
    return INTERNAL_ERROR


def _tell(text: str) -> None:
    """Print a complaint on stderr: it may quote what somebody pasted in, a password included."""
    from fastdiag.redact import Redactor  # noqa: PLC0415 - nothing to mask while all is well

    mask = Redactor.of(())
    whole = _COLLAPSED_URL.sub(r"\1://", text)
    with suppress(OSError):  # nobody reads it
        print("\n".join(map(mask.text, whole.splitlines())), file=sys.stderr)


def _open_closed_streams() -> None:
    """Give `fastdiag >&-` a stream that goes nowhere: what is meant for stderr must not land on stdout."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere())


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - a device, not a path


def _flush(stream: TextIO) -> None:
    """Flush; where nobody reads any more, spare Python the complaint about it at exit."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
