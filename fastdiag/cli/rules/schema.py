"""`fastdiag rules schema`: JSON Schema of the rule files, by which editors complete and explain them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags

HELP: Final = """Write the JSON Schema of rule files, for editors: completion, and what each key means.

One file for each kind of rule file goes into DIR. The ids of your own rules (--rules, fastdiag.yaml) are
offered beside those of the built-in table. An editor that knows YAML schemas (VS Code with the YAML
extension, Neovim and others with yaml-language-server) finds it by the first line of a rule file:

\b
  # yaml-language-server: $schema=../schema/causes.json

`fastdiag rules new` writes that line, and the files.

\b
Examples:
  fastdiag rules schema fastdiag-rules/schema --rules fastdiag-rules
"""


@takes(Config, Rules)
def schema(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", hidden=True)],
    flags: Flags,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import make_folder, write  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_rule_settings  # noqa: PLC0415 - likewise
    from fastdiag.rulebook.editor import texts  # noqa: PLC0415 - likewise

    made = texts(pipeline.rules(load_rule_settings(flags)))
    make_folder(folder, "choose another DIR")
    for name, text in made.items():
        write(folder / name, text)
    print(f"{', '.join(made)} written to {folder}", file=sys.stderr)
    return 0
