"""The entry point: runs the command line and turns every fault into a sentence and an exit code.

0 collected and diagnosed · 1 a finding at or above --fail-on · 2 wrong use, configuration or rules ·
3 nothing could be collected · 4 internal error · 130 interrupted
"""

from __future__ import annotations

import os
import sys
from typing import Final

from fastdiag.errors import FastdiagError

INTERNAL_ERROR: Final = 4
INTERRUPTED: Final = 130


def main() -> None:
    """Run fastdiag and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run fastdiag with these arguments and return its exit code; prints, never raises."""
    try:
        from fastdiag.cli.app import invoke  # noqa: PLC0415 - an import error must end as a sentence too

        code = invoke(arguments)
        sys.stdout.flush()
    except FastdiagError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed (`| head`). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("FASTDIAG_DEBUG"):
            raise
        print(f"internal error: {type(error).__name__}: {error}", file=sys.stderr)
        print(
            "  hint: this is a defect of fastdiag; FASTDIAG_DEBUG=1 shows where, please report it",
            file=sys.stderr,
        )
        return INTERNAL_ERROR
    return code


if __name__ == "__main__":
    main()
