"""`python -m tests.incidents.public DIRECTORY`: write each report as a file for `fastdiag diagnose`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.incidents.public.translate import write_files


def main() -> None:
    """Translate the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.incidents.public", description="Write snapshots.")
    parser.add_argument("directory", type=Path)
    write_files(parser.parse_args().directory)


if __name__ == "__main__":
    main()
