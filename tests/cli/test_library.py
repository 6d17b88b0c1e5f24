"""What a program that embeds the library meets: no prints, no exits, no shared state."""

from __future__ import annotations

import json
import threading

import attrs
import pytest

from cxaudit import Session
from cxaudit.plugin import Output, hook


def comparable(session, result):
    data = json.loads(session.render(result, "json"))
    for name in ("started", "finished"):
        data["provenance"].pop(name)
    return data


def test_the_library_prints_nothing(files, capfd):
    files.add("calls.csv", "c1,nonsense,x\n")
    session = Session([files.folder])
    audit = session.load(files.audit)
    session.plan(audit)
    result = session.run(audit)
    for output in session.registered("output"):
        session.render(result, output)
    session.rescore(result, "sassie-1")
    assert capfd.readouterr() == ("", "")


def test_an_observer_sees_the_stages_in_order(files):
    seen = []
    session = Session()
    session.run(session.load(files.audit), seen.append)
    assert [event.stage for event in seen if event.kind == "stage"] == [
        "reading answers",
        "placing items",
        "reading records",
        "detecting",
        "deriving tables",
        "measuring",
        "judging",
        "collecting evidence",
        "scoring",
        "done",
    ]
    assert {event.kind for event in seen} <= {"stage", "progress", "finding", "problem"}
    assert all(0 <= event.done <= event.total for event in seen if event.kind == "progress")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("mine")])
def test_what_an_observer_raises_reaches_the_caller(files, error):
    def observer(event):
        if event.stage == "measuring":
            raise error

    session = Session()
    audit = session.load(files.audit)
    with pytest.raises((KeyboardInterrupt, ValueError)):
        session.run(audit, observer)
    assert session.run(audit).scorecard.root.overall.value == 0.75


def test_sessions_at_once_give_what_one_gives(files, many_calls):
    files.write("calls.csv", many_calls(20_000))
    session = Session()
    alone = comparable(session, session.run(session.load(files.audit)))
    found, failed = [], []

    def run():
        try:
            own = Session()
            audit = own.load(files.audit)
            found.extend([comparable(own, own.run(audit)) for _ in range(3)])
        except BaseException as error:  # noqa: BLE001 - asserted on below
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(found) == 12
    for each in found:
        assert each == alone


def test_sessions_do_not_share_plugins(files):
    class Shout:
        @hook
        def cxaudit_register(self):
            yield Output(
                id="acme.shout",
                suffix=".txt",
                summary="Loud.",
                takes="result",
                render=lambda result: result.title.upper(),
            )

    one, other = Session([Shout]), Session()
    result = one.run(one.load(files.audit))
    assert one.render(result, "acme.shout") == "HARBOUR IN SPRING"
    assert "acme.shout" not in other.registered("output")


def test_what_is_returned_is_frozen(files):
    session = Session()
    audit = session.load(files.audit)
    result = session.run(audit)
    for value, name in ((audit, "title"), (session.plan(audit), "engine"), (result, "title")):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, name, "x")
