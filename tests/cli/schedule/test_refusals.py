"""What cannot be written down is refused, and no text becomes a line of its own."""

from __future__ import annotations

import re

import pytest

from tests.cli.command import written
from tests.cli.conftest import Here
from tests.cli.schedule.kinds import KINDS

REFUSED = {
    "schedule cron --every 7m": "--every must divide an hour or a day, or be a week, and is '7m'",
    "schedule cron --start noon": "--start must be a time of day, and is 'noon'",
    "schedule systemd --name Shop!": "--name must be at most 52 small letters, digits and dashes",
    "schedule systemd --user a;b": "--user must be the name of a user, and is 'a;b'",
    "schedule cron --log -": "--log -: a scheduled run has no standard input",
    "schedule cron --app-url http://shop:SECRET@shop": "--app-url holds a secret, and",
    "schedule cron --postgres host=db\\ password=SECRET": "--postgres holds a secret, and",
    "schedule cron --pushgateway http://a:SECRET@push": "--pushgateway holds a secret, and",
    "schedule cron --notify https://a/SECRET-1 --notify https://b/SECRET-2": "--notify holds a secret, and",
    "schedule cron --textfile shop.txt": "--textfile must end with .prom",
    "schedule cron --deadline soon": "--deadline must be a duration, and is 'soon'",
    "schedule cron --over soon": "--over: 'soon' is not a number",
    "schedule cron --format htm": "--format must be one of",
    "schedule kubernetes": "missing option '--image'",
    "schedule kubernetes --image a\\ b": "--image cannot be 'a b'",
    "schedule kubernetes --image a --namespace A": "--namespace cannot be 'A'",
    "schedule kubernetes --image a --claim ../x": "--claim cannot be '../x'",
    "schedule kubernetes --image a --time-zone '": "--time-zone cannot be",
    "schedule kubernetes --image a --time-zone Mars/Phobos": "--time-zone: there is no 'Mars/Phobos'",
    "schedule kubernetes --image a --log app.log": "--log app.log: a file of this machine is not in a pod",
    "schedule kubernetes --image a -o /srv/x.html": "--output /srv/x.html: a pod can only write",
    "schedule kubernetes --image a -o ../x.html": "--output ../x.html: a pod can only write",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_scheduled_is_refused(line: str, here: Here) -> None:
    ran = here.run(*(word.replace("\0", " ") for word in line.replace("\\ ", "\0").split(" ")))
    assert (ran.code, ran.out) == (2, ""), ran.out
    assert ran.err.startswith(f"error: {REFUSED[line]}"), ran.err
    assert "SECRET" not in ran.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text", ["shop\nExecStartPre=/bin/rm", "shop\r* * * * * root id", "sh\x1b[2Jop", "a\u202eb"]
)
def test_a_line_break_or_a_control_character_gets_nowhere(kind: str, text: str, here: Here) -> None:
    ran = here.run("schedule", kind, *KINDS[kind], "--service", text)
    assert (ran.code, ran.out) == (2, "")
    assert "--service holds a line break or a control character" in ran.err
    written(here.folder, f"service: {text!r}\n".replace("'", '"'), "fastdiag.yaml")
    ran = here.run("schedule", kind, *KINDS[kind])
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert not re.search(r"^(ExecStartPre|\* \* \* \* \* root)", ran.out, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_nor_does_one_in_the_name_of_a_folder_or_in_the_file(
    kind: str, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here.folder / "a\nExecStartPre=b"
    folder.mkdir()
    monkeypatch.chdir(folder)
    asked = ("schedule", kind, *KINDS[kind], "--rules", ".")
    ran = here.run(*asked)
    assert (ran.code, ran.out) == (2, ""), ran.out
    assert "holds a line break or a control character" in ran.err
    monkeypatch.chdir(here.folder)
    written(here.folder, 'textfile: "a\\nExecStartPre=b/x.prom"\n', "fastdiag.yaml")
    ran = here.run("schedule", kind, *KINDS[kind])
    assert not re.search(r"^ExecStartPre", ran.out, re.MULTILINE)
