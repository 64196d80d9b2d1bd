"""The schemas as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from fastdiag.model.rule import Rulebook
from fastdiag.rulebook.editor.schemas import schemas

FOLDER: Final = "schema"
"""Where in a rules folder they lie: the first line of a rule file names them from there."""


def texts(book: Rulebook) -> Mapping[str, str]:
    """Return the schemas of a table by the names of their files."""
    return {f"{name}.json": f"{json.dumps(made, indent=1)}\n" for name, made in schemas(book).items()}
