"""The five applications, at fixed commits. None of their code is part of this repository."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A public repository and the commit of it that is measured."""

    repository: str
    commit: str

    @property
    def name(self) -> str:
        """The repository's name without its owner; the folder that it is checked out in."""
        return self.repository.partition("/")[2]

    def fetch(self, into: Path) -> None:
        """Check this one commit out, without the history before it.

        Raises:
            subprocess.CalledProcessError: git could not.

        """
        tree = into / self.name
        if tree.exists():
            return
        tree.mkdir(parents=True)
        address = f"https://github.com/{self.repository}.git"
        for command in (
            ("init", "--quiet"),
            ("fetch", "--quiet", "--depth", "1", address, self.commit),
            ("checkout", "--quiet", "FETCH_HEAD"),
        ):
            subprocess.run(("git", "-C", str(tree), *command), check=True)


APPLICATIONS: Final = (
    Application(
        repository="fastapi/full-stack-fastapi-template", commit="68adb40d37425f6f8668ec7e5a054500d045e43e"
    ),
    Application(repository="fief-dev/fief", commit="a77e7fb65fc54d7994740619684a87e85d1293ed"),
    Application(repository="IBM/mcp-context-forge", commit="ecba50e4828ae0c83f8ef7b1d6d485b3cf39ce66"),
    Application(repository="AOSSIE-Org/PictoPy", commit="7fb0e8f72533033bc12f38fbfebe6f0955292a4e"),
    Application(
        repository="nsidnev/fastapi-realworld-example-app", commit="029eb7781c60d5f563ee8990a0cbfb79b244538c"
    ),
)
