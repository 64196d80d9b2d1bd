"""Who is told and where metrics go: options win over the file, secrets stay secret, faults have places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.config.file import read_config_file
from fastdiag.config.flags import Flags
from fastdiag.config.notify import load_notify
from fastdiag.errors import ConfigError
from fastdiag.model.notify import Mail, Notify, Security, Slack, Webhook

HOOK = "https://hooks.slack.com/services/T0001/B0002/v3rys3cr3t"
EVERYTHING = """\
notify:
  slack: ${SLACK}
  webhook:
    - http://127.0.0.1:9000/hook
    - {url: "https://ops.example/hook", token: "${TOKEN}", headers: {X-Team: "${TEAM}"}}
  mail:
    server: smtp://mail.example
    username: ops
    password: ${MAIL_PASSWORD}
    from: fastdiag@example.org
    to: [oncall@example.org, shop@example.org]
  always: true
textfile: metrics/fastdiag.prom
pushgateway: {url: "http://push:9091/base/", username: ops, password: "${MAIL_PASSWORD}"}
"""
ENVIRON = {"SLACK": HOOK, "TOKEN": "t0ken-of-ours", "MAIL_PASSWORD": "hunter22", "TEAM": "shop"}


def loaded(
    folder: Path, text: str = "", environ: Mapping[str, str] | None = None, flags: Flags | None = None
) -> Notify:
    file = folder / "fastdiag.yaml"
    file.write_text(text, encoding="utf-8")
    return load_notify(flags or Flags(), environ or {}, read_config_file(file))


def complaint(folder: Path, text: str = "", flags: Flags | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, ENVIRON, flags)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_file_that_says_everything(tmp_path: Path) -> None:
    found = loaded(tmp_path, EVERYTHING, ENVIRON)
    slack, first, second, mail = found.channels
    assert isinstance(slack, Slack)
    assert slack.place.url.reveal() == HOOK
    assert [first.name, second.name, mail.name] == ["webhook", "webhook-2", "mail"]
    assert isinstance(second, Webhook)
    headers = {name: value.reveal() for name, value in second.place.access.headers}
    assert headers == {"Authorization": "Bearer t0ken-of-ours", "X-Team": "shop"}
    assert isinstance(mail, Mail)
    assert (mail.server.host, mail.server.port, mail.server.security) == (
        "mail.example",
        587,
        Security.STARTTLS,
    )
    assert mail.to == ("oncall@example.org", "shop@example.org")
    assert found.is_always
    assert found.textfile == tmp_path / "metrics" / "fastdiag.prom"
    assert found.pushgateway is not None
    assert found.pushgateway.url.reveal() == "http://push:9091/base"
    assert found.pushgateway.where == "push:9091"


def test_nothing_of_it_prints_a_secret(tmp_path: Path) -> None:
    shown = repr(loaded(tmp_path, EVERYTHING, ENVIRON))
    for secret in ("v3rys3cr3t", "T0001", "t0ken-of-ours", "hunter22"):
        assert secret not in shown


def test_nobody_is_told_by_default_whatever_the_environment_holds(tmp_path: Path) -> None:
    found = loaded(tmp_path, "service: shop\n", {"SLACK_WEBHOOK_URL": HOOK})
    assert found.is_empty
    assert loaded(tmp_path, EVERYTHING, ENVIRON, Flags(notify=("off",))).channels == ()


def test_a_word_takes_the_channel_of_the_file_or_else_that_of_the_environment(tmp_path: Path) -> None:
    [mail] = loaded(tmp_path, EVERYTHING, ENVIRON, Flags(notify=("mail",))).channels
    assert isinstance(mail, Mail)
    environ = {"SLACK_WEBHOOK_URL": HOOK, "FASTDIAG_WEBHOOK_URL": "http://127.0.0.1:9000/"}
    slack, webhook = loaded(tmp_path, "", environ, Flags(notify=("slack", "webhook"))).channels
    assert isinstance(slack, Slack)
    assert isinstance(webhook, Webhook)


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        (HOOK, Slack, HOOK),
        ("https://ops.example/hook", Webhook, "https://ops.example/hook"),
        ("slack+http://mattermost/hooks/x", Slack, "http://mattermost/hooks/x"),
    ],
)
def test_an_address_says_itself_what_it_is(
    text: str, kind: type[Slack | Webhook], url: str, tmp_path: Path
) -> None:
    [channel] = loaded(tmp_path, "", {}, Flags(notify=(text,))).channels
    assert type(channel) is kind
    assert isinstance(channel, Slack | Webhook)
    assert channel.place.url.reveal() == url


def test_mail_to_people_goes_by_the_server_of_the_file_of_the_environment_or_of_this_machine(
    tmp_path: Path,
) -> None:
    flags = Flags(notify=("mailto:a@example.org,b@example.org",))
    smtp = {"FASTDIAG_SMTP_URL": "smtps://ops:p%40ss@mail.example"}
    servers = []
    for text, environ in ((EVERYTHING, ENVIRON), ("", smtp), ("", {})):
        [mail] = loaded(tmp_path, text, environ, flags).channels
        assert isinstance(mail, Mail)
        assert mail.to == ("a@example.org", "b@example.org")
        servers.append((mail.server.host, mail.server.port, mail.server.security))
    assert servers == [
        ("mail.example", 587, Security.STARTTLS),
        ("mail.example", 465, Security.TLS),
        ("localhost", 25, Security.NONE),
    ]


def test_options_win_over_the_file(tmp_path: Path) -> None:
    flags = Flags(textfile=Path("a.prom"), pushgateway="http://other:9091", always=True, notify=("off",))
    found = loaded(tmp_path, EVERYTHING, ENVIRON, flags)
    assert found.textfile == Path("a.prom")
    assert found.pushgateway is not None
    assert found.pushgateway.where == "other:9091"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "notify:\n  slak: x\n",
            "fastdiag.yaml:2:3: 'notify' has no key 'slak'\n  hint: did you mean 'slack'?",
        ),
        (
            "notify:\n  slack: ${NOBODY}\n",
            "fastdiag.yaml:2:10: environment variable NOBODY is not set",
        ),
        (
            "notify:\n  webhook: ops.example/hook\n",
            (
                "fastdiag.yaml:2:12: webhook must be an http:// or https:// URL: it does not start with one"
                " of them\n  hint: did you mean 'http://ops.example/hook'?"
            ),
        ),
        ("notify:\n  webhook: {token: x}\n", "fastdiag.yaml:2:12: 'webhook' needs 'url'"),
        ("notify:\n  mail: {server: smtp://x}\n", "fastdiag.yaml:2:9: 'mail' needs 'to'"),
        (
            "notify:\n  mail: {to: on call}\n",
            (
                "fastdiag.yaml:2:14: to must be a mail address, and is 'on call'"
                "\n  hint: such as oncall@example.org, without a name"
            ),
        ),
        (
            "notify:\n  mail: {to: a@b, tls: maybe}\n",
            "fastdiag.yaml:2:24: 'tls' is 'maybe', which is not one of its words",
        ),
        (
            'notify:\n  mail: {to: a@b, server: "smtp://u:p@mail.example", tls: never}\n',
            "fastdiag.yaml:2:27: server would get a password that anybody on the way can read",
        ),
        (
            "notify:\n  mail: {to: a@b, password: x}\n",
            "fastdiag.yaml:2:29: password stands without a user name",
        ),
        ("notify:\n  mail: {to: a@b, server: http://x}\n", "fastdiag.yaml:2:27: server must be an smtp://"),
        ("textfile: metrics.txt\n", "fastdiag.yaml:1:11: textfile must end with .prom"),
        ("pushgateway: [http://a, http://b]\n", "fastdiag.yaml:1:25: 'pushgateway' names more than one"),
        ("notify: slack\n", "fastdiag.yaml:1:9: 'notify' must be a mapping, and is a text"),
    ],
)
def test_a_fault_of_the_file_has_its_place(text: str, said: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("slak",), "--notify names nobody that could be told\n  hint: did you mean 'slack'?"),
        (("v3rys3cr3t",), "--notify names nobody that could be told"),
        (("slack",), "--notify slack: nothing says where that is\n  hint: set SLACK_WEBHOOK_URL"),
        (("mail",), "--notify mail: fastdiag.yaml does not say to whom"),
        (("off", "slack"), "--notify off stands beside another --notify"),
        (("mailto:nobody",), "--notify must be a mail address, and is 'nobody'"),
        (("https://",), "--notify must be an http:// or https:// URL: it names no host"),
    ],
)
def test_a_fault_of_an_option(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    said_now = complaint(tmp_path, "", Flags(notify=words))
    assert said_now.startswith(said)
    assert "v3rys3cr3t" not in said_now


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (EVERYTHING, False),
        (f"notify: {{slack: '{HOOK}'}}\n", True),
        ("notify: {webhook: 'http://ops:hunter22@ops.example/'}\n", True),
        ("notify: {webhook: {url: http://ops, token: t0ken}}\n", True),
        ("notify: {mail: {to: a@b, username: u, password: p4ss}}\n", True),
        ("notify: {webhook: http://ops.example/hook}\n", False),
    ],
)
def test_whether_a_secret_itself_stands_in_the_file(text: str, holds: bool, tmp_path: Path) -> None:
    file = tmp_path / "fastdiag.yaml"
    file.write_text(text, encoding="utf-8")
    assert read_config_file(file).holds_secrets is holds
