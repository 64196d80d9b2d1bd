"""Whole outputs, kept in tests/golden. FASTDIAG_UPDATE_GOLDEN=1 rewrites them; read the difference."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden"


def assert_golden(name: str, text: str, folder: Path = FOLDER) -> None:
    file = folder / name
    if os.environ.get("FASTDIAG_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
