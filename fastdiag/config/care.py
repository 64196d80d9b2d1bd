"""How much the service may notice of being looked at: whether its stacks are read."""

from __future__ import annotations

from fastdiag.config.file import ConfigFile
from fastdiag.config.flags import Flags
from fastdiag.errors import ConfigError
from fastdiag.model.target import Stacks


def check_stacks(flags: Flags, file: ConfigFile) -> Stacks:
    """Return when stacks are read; what was typed wins over the file, of which `gentle` wins.

    Raises:
        ConfigError: the options contradict each other.

    """
    if flags.gentle and flags.stacks:
        raise ConfigError(
            "--stacks and --gentle contradict each other",
            hint="reading stacks pauses the service, 2 ms each time; leave one of the two out",
        )
    if flags.gentle or flags.stacks is False:
        return Stacks.NEVER
    if flags.stacks:
        return Stacks.ASKED
    return Stacks.NEVER if file.is_gentle else file.stacks
