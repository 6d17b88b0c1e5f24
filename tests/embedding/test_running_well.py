"""What a program that embeds cxaudit needs of a run: progress, an end, strictness, threads."""

from __future__ import annotations

import multiprocessing
import pickle
import threading
import weakref
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from cxaudit import Session
from cxaudit.errors import IncompleteRunError, RunCancelled
from cxaudit.plugin import Check, Event, State, Verdict, hook
from tests.embedding.conftest import ANSWERS, CASES, CHECKLIST, calls, content


def audit_of(session, records, **further):
    return session.load_data(
        content(),
        checklists=[further.pop("checklist", CHECKLIST)],
        sources={"calls": records},
        **further,
    )


def many_calls(count):
    return ({"call_id": f"c{n}", "unit": "north", "outcome": "answered"} for n in range(count))


def with_check(name):
    item = {**CHECKLIST["item"][0], "check": name}
    return {**CHECKLIST, "item": [item, CHECKLIST["item"][1]]}


class Broken:
    """A plugin whose check always fails, and one that waits for others."""

    __name__ = "broken"

    @hook
    def cxaudit_register(self):
        yield Check(id="broken.check", judge=self.judge, summary="Fails.", settings={})

    def judge(self, request):
        raise LookupError(request.unit.id)


def test_long_sources_say_how_many_rows_of_how_many_they_gave(session):
    events = []
    session.run(audit_of(session, many_calls(25_000)), events.append)
    told = [(event.rows, event.of_rows, event.share) for event in events if event.rows]
    assert told == [(10_000, 25_000, 0.4), (20_000, 25_000, 0.8)]


def test_findings_are_heard_of_as_they_are_judged(session, result):
    heard, shown = [], []

    def observer(event):
        if event.kind == "finding":
            heard.append((event.text, event.done, event.total))
            shown.extend(event.findings)

    again = session.run(
        audit_of(session, [*calls(30, 10), *calls(10, 10, "south")], cases=CASES, answers=ANSWERS),
        observer,
    )
    assert again.findings == result.findings
    assert heard == [("phone.answered", 1, 2), ("phone.polite", 2, 2)]
    keys = ("item", "unit", "touchpoint", "state", "flags", "score", "value", "n", "reason")
    as_judged = sorted(tuple(str(getattr(row, key)) for key in keys) for row in shown)
    assert as_judged == sorted(
        tuple(str(getattr(row, key)) for key in keys) for row in result.findings
    )


def test_kinds_of_events_are_a_closed_list():
    with pytest.raises(ValueError, match="kind"):
        Event(kind="note", stage="measuring")


@pytest.mark.parametrize("stage", ["reading records", "measuring", "judging", "done"])
def test_a_run_is_cancelled_by_who_watches_and_the_next_is_whole(session, result, stage):
    def observer(event):
        if event.stage == stage:
            raise RunCancelled

    records = [*calls(30, 10), *calls(10, 10, "south")]
    audit = audit_of(session, records, cases=CASES, answers=ANSWERS)
    with pytest.raises(RunCancelled):
        session.run(audit, observer)
    assert session.run(audit).findings == result.findings


def test_another_thread_ends_a_run(session):
    """As a web service does when nobody waits for the answer any more."""
    stop, started = threading.Event(), threading.Event()

    def observer(_):
        started.set()
        if stop.is_set():
            raise RunCancelled

    audit = audit_of(session, many_calls(200_000))
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(session.run, audit, observer)
        assert started.wait(30)
        stop.set()
        with pytest.raises(RunCancelled):
            future.result(timeout=60)


def test_what_fails_is_an_error_of_a_strict_run_and_holds_the_result():
    session = Session([Broken()])
    audit = audit_of(session, calls(), checklist=with_check("broken.check"))
    lenient = session.run(audit)
    assert lenient.problems
    with pytest.raises(IncompleteRunError, match="LookupError") as error:
        session.run(audit, strict=True)
    assert error.value.result.findings == lenient.findings
    assert pickle.loads(pickle.dumps(error.value)).problems == error.value.problems


def test_a_strict_run_in_which_nothing_fails_is_as_any_other(session, result):
    records = [*calls(30, 10), *calls(10, 10, "south")]
    audit = audit_of(session, records, cases=CASES, answers=ANSWERS)
    assert session.run(audit, strict=True).findings == result.findings


def test_a_session_is_closed_with_its_block_and_then_says_so(tmp_path):
    (tmp_path / "acme.py").write_text("from cxaudit.plugin import hook\n")
    with Session([tmp_path]) as session:
        audit = audit_of(session, calls())
        result = session.run(audit)
        host = weakref.ref(session._host)
    assert host() is None
    assert result.score("north").value is not None
    with pytest.raises(RuntimeError, match="closed"):
        session.run(audit)
    session.close()
    with pytest.raises(AttributeError):
        _ = session.nothing


def test_threads_share_a_session(session):
    """Each tenant's numbers are those of its own records, however many run at once."""
    tenants = [calls(answered, 20 - answered) for answered in range(1, 17)]
    barrier = threading.Barrier(4)

    def share(records):
        audit = audit_of(session, records)
        if not barrier.broken:
            barrier.wait(30)
        return session.run(audit).select(item="phone.answered", unit="north")[0].value

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(share, tenants))
    assert shares == [pytest.approx(answered / 20) for answered in range(1, 17)]


def test_threads_of_several_sessions_do_not_meet():
    class Own:
        def __init__(self, value):
            self.value = value
            self.__name__ = "own"

        @hook
        def cxaudit_register(self):
            yield Check(id="own.check", judge=self.judge, summary="Its own.", settings={})

        def judge(self, _):
            return Verdict(state=State.PARTLY, score=self.value, n=1)

    def score(value):
        with Session([Own(value)]) as session:
            audit = audit_of(session, calls(), checklist=with_check("own.check"))
            return session.run(audit).select(item="phone.answered", unit="north")[0].score

    values = [n / 8 for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(score, values)) == values


def run_elsewhere(audit):
    return Session().run(audit)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_are_handed_audits_and_hand_back_results(session, result, method):
    records = [*calls(30, 10), *calls(10, 10, "south")]
    audit = audit_of(session, records, cases=CASES, answers=ANSWERS)
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        results = list(pool.map(run_elsewhere, [audit, audit]))
    assert [there.findings for there in results] == [result.findings] * 2


def test_a_session_is_not_pickled_by_mistake(session):
    with pytest.raises(TypeError, match="Session"):
        pickle.dumps(session)


@pytest.mark.slow
def test_runs_leave_nothing_behind(session):
    """A hundred runs; bench/embedding.py makes a thousand, and measures memory."""
    import gc

    def objects():
        gc.collect()
        # coverage keeps two methods of each thread that has ended.
        methods = (type(len), type(gc.collect), type(session.run))
        return sum(not isinstance(thing, methods) for thing in gc.get_objects())

    audit = audit_of(session, calls())
    session.run(audit)
    before, threads = objects(), threading.active_count()
    for _ in range(100):
        session.run(audit)
    assert objects() - before < 100
    assert threading.active_count() == threads
    assert session.problems == ()
