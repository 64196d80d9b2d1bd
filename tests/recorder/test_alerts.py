"""Notifications of Alertmanager become triggers; what is none is told with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.model.history import Occasion
from fastdiag.recorder.alerts import AlertError, Notification, read_notification
from fastdiag.recorder.recording import Trigger
from tests.recorder.payloads import an_alert, firing, notification


def test_a_group_of_alerts_is_one_trigger() -> None:
    assert read_notification(firing("HighLatency", "ManyErrors")).trigger == Trigger(
        occasion=Occasion.ALERT,
        name="HighLatency",
        keys=("alert highlatency", "alert manyerrors"),
        why="HighLatency (page): p95 is 4 s (and 1 more)",
    )


def test_resolved_alerts_ask_for_nothing() -> None:
    resolved = an_alert("HighLatency", "resolved")
    assert read_notification(notification(resolved)).trigger is None
    both = read_notification(notification(resolved, an_alert("ManyErrors"))).trigger
    assert both is not None
    assert both.keys == ("alert manyerrors",)


def test_alerts_that_were_left_out_are_counted() -> None:
    trigger = read_notification(firing("HighLatency", truncatedAlerts=41)).trigger
    assert trigger is not None
    assert trigger.why.endswith("(and 41 more)")


def test_an_old_alertmanager_sends_no_fingerprint() -> None:
    alerts = [an_alert("HighLatency", labels={"pod": pod}, fingerprint=None) for pod in ("a", "b")]
    trigger = read_notification(notification(*alerts)).trigger
    assert trigger is not None
    assert len(set(trigger.keys)) == 2
    assert trigger.name == "alert"


def test_keys_of_a_later_alertmanager_are_nobodys_fault() -> None:
    assert read_notification(firing("HighLatency", colour="red")).trigger is not None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the notification: nothing was posted"),
        (b"\xff", "the notification: not UTF-8 text: byte 0"),
        (b'{"version": "4",\n "alerts": [}', "the notification:2:13: not JSON: expecting value"),
        (b'{"version": "4"', "the notification:1:16: not JSON"),
        (b"[]", "the notification: expected an object, found []"),
        (b'{"alerts": []}', 'the notification: version: expected "4", found null'),
        (firing(version="3"), 'the notification: version: expected "4", found "3"'),
        (b'{"version": "4"}', "the notification: alerts: expected a list, found null"),
        (notification(an_alert("X", "on")), "alerts[0].status: expected one of firing, resolved, found"),
        (notification(an_alert("X", labels=[])), "alerts[0].labels: expected an object, found []"),
        (notification(an_alert("X", labels={"a": 1})), "alerts[0].labels.a: expected a text, found 1"),
        (b"[" * 100_000, "the notification: nested too deeply"),
        (b'{"version": "4", "alerts": [], "alerts": []}', 'the key "alerts" stands twice in one object'),
    ],
)
def test_what_is_no_notification_is_told_with_its_place(body: bytes, message: str) -> None:
    with pytest.raises(AlertError) as caught:
        read_notification(body)
    assert message in str(caught.value)


def test_more_alerts_than_anybody_has_are_refused() -> None:
    with pytest.raises(AlertError, match="more than 10000 alerts"):
        read_notification(b'{"version": "4", "alerts": [' + b"{}," * 10_000 + b"{}]}")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    _read_or_refuse(body)


@given(st.dictionaries(st.sampled_from(["status", "labels", "annotations", "fingerprint"]), JSON))
def test_any_alert_is_read_or_refused(alert: dict[str, object]) -> None:
    _read_or_refuse(notification(alert))


def _read_or_refuse(body: bytes) -> None:
    try:
        assert isinstance(read_notification(body), Notification)
    except AlertError as error:
        assert str(error).isprintable() or "\n  hint: " in str(error)  # noqa: PT017 - either outcome is right
