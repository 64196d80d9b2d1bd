"""An option stands in one place: the commands that take it hand it on alike."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.main import get_command

from fastdiag.cli import command as command_module
from fastdiag.cli import notify_options, target_options
from fastdiag.cli.app import app
from fastdiag.cli.command import Command
from fastdiag.cli.takes import takes
from fastdiag.config.flags import Flags

GROUPS = tuple(
    group
    for module in (target_options, notify_options)
    for _, group in inspect.getmembers(module, inspect.isclass)
    if group.__module__ == module.__name__
)


class Ours:
    """Options of a test, of every kind."""

    service: Annotated[str | None, typer.Option(metavar="NAME")]
    config: Annotated[Path | None, typer.Option("--config", "-c")]
    queue: Annotated[list[str] | None, typer.Option()]
    observed: Annotated[list[str] | None, typer.Option("--symptom")]


def typed(*arguments: str) -> tuple[Flags, float, bool]:
    """Return what a command with these options gets."""
    got: list[tuple[Flags, float, bool]] = []

    @takes(Ours)
    def command(
        *,
        flags: Flags,
        half: Annotated[float, typer.Option(parser=lambda text: float(text) / 2)] = 0.0,
        is_loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> int:
        got.append((flags, half, is_loud))
        return 0

    built = typer.Typer()
    built.command(cls=Command)(command)
    get_command(built).main(list(arguments), standalone_mode=False)
    return got[0]


def test_what_was_typed_arrives_as_what_it_is() -> None:
    flags, half, is_loud = typed(
        "--service", "shop", "-c", "a.yaml", "--queue", "a", "--queue", "b", "--half", "3", "--loud"
    )
    assert flags == Flags(service="shop", config=Path("a.yaml"), queue=("a", "b"))
    assert (half, is_loud) == (1.5, True)


def test_what_was_not_typed_is_the_default_of_its_field() -> None:
    assert typed() == (Flags(), 0.0, False)


def test_an_option_may_be_called_otherwise_than_its_field() -> None:
    assert typed("--symptom", "slow")[0].observed == ("slow",)


def test_an_empty_text_was_typed_all_the_same() -> None:
    assert typed("--service=")[0].service == ""


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_of_a_group_is_a_flag(group: type) -> None:
    assert set(inspect.get_annotations(group)) <= {field.name for field in dataclasses.fields(Flags)}


def test_every_flag_is_an_option_of_one_group() -> None:
    names = [name for group in GROUPS for name in inspect.get_annotations(group)]
    assert sorted(names) == sorted(field.name for field in dataclasses.fields(Flags))


def test_every_command_reads_its_options_itself() -> None:
    assert all(issubclass(command.cls or object, Command) for command in app.registered_commands)


def test_an_option_of_a_kind_that_only_typer_knows_is_left_to_typer() -> None:
    got: list[tuple[int, tuple[str, str] | None]] = []

    def command(
        count: Annotated[int, typer.Option()] = 1,
        pair: Annotated[tuple[str, str] | None, typer.Option()] = None,
    ) -> None:
        got.append((count, pair))

    built = typer.Typer()
    built.command(cls=Command)(command)
    get_command(built).main(["--count", "2", "--pair", "a", "b"], standalone_mode=False)
    assert got == [(2, ("a", "b"))]


def test_a_typer_that_is_built_otherwise_reads_options_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_module, "_reader", lambda option: option.an_attribute_of_another_version)
    assert typed("--service", "shop", "-c", "a.yaml", "--queue", "a", "--half", "3", "--loud") == (
        Flags(service="shop", config=Path("a.yaml"), queue=("a",)),
        1.5,
        True,
    )
