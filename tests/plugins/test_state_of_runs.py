"""State is per run: no settings of another audit, no failure of an earlier run, nothing changed."""

from __future__ import annotations

import threading

import attrs
import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit.plugin import Check, Output, State, Verdict, hook

AUDIT = """cxaudit = 1
[audit]
id = "{name}"
title = "Quay"
client = "Quay"
checklists = ["quay.toml"]
[[unit]]
id = "quay"
kind = "organisation"
[[unit]]
id = "quay.north"
kind = "site"
parent = "quay"
[[unit]]
id = "quay.south"
kind = "site"
parent = "quay"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[plugins.{plugin}]
client = "{name}"
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "quay"
version = "1"
title = "Quay"
[[metric]]
id = "late"
table = "calls"
kind = "share"
value = "outcome = 'abandoned'"
lower_is_better = true
[[item]]
id = "phone.late"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Nobody waits"
check = "{check}"
with = {{ metric = "late", target = 0.1, limit = 0.6 }}
"""
CALLS = """call_id,unit,outcome,queued_at
1,quay.north,answered,2026-05-04T09:00:00Z
2,quay.south,abandoned,2026-05-04T09:10:00Z
"""


@pytest.fixture
def quay(tmp_path):
    """Write an audit of a name, and give its path."""

    def write(name="one", plugin="Tells", check="within-target"):
        (tmp_path / "calls.csv").write_text(CALLS)
        (tmp_path / "quay.toml").write_text(CHECKLIST.format(check=check))
        path = tmp_path / f"{name}.toml"
        path.write_text(AUDIT.format(name=name, plugin=plugin))
        return path

    return write


class Tells:
    """A plugin that keeps its settings, and counts the runs that it saw."""

    sent: list[tuple[str, str, int]]

    def __init__(self):
        self.client = None
        self.runs = 0

    @hook
    def cxaudit_configure(self, settings):
        self.client = settings.get("client")

    @hook
    def cxaudit_gate(self, result):
        if "boom" in result.title:
            raise OSError
        return [f"gate of {self.client}"]

    @hook
    def cxaudit_after_run(self, result):
        self.runs += 1
        Tells.sent.append((result.audit, self.client, self.runs))


@pytest.fixture(autouse=True)
def nothing_sent():
    Tells.sent = []


def test_two_audits_of_one_session_never_share_settings(quay):
    session = Session([Tells])
    audits = [session.load(quay(name)) for name in ("one", "two")]
    results = [session.run(audit) for audit in (*audits, *audits)]
    assert [result.gate.reasons for result in results] == [
        ("gate of one",),
        ("gate of two",),
    ] * 2
    assert Tells.sent == [("one", "one", 1), ("two", "two", 1)] * 2


def test_audits_at_once_never_share_settings_even_of_an_object(quay):
    session = Session([Tells()])
    audits = [session.load(quay(name)) for name in ("one", "two")]
    reasons = {audit.id: set() for audit in audits}

    def run(audit):
        for _ in range(5):
            reasons[audit.id].update(session.run(audit).gate.reasons)

    threads = [threading.Thread(target=run, args=(audit,)) for audit in audits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reasons == {"one": {"gate of one"}, "two": {"gate of two"}}


def test_a_failure_of_one_run_is_forgotten_in_the_next(quay):
    session = Session([Tells])
    audit = session.load(quay())
    first = session.run(attrs.evolve(audit, title="boom"))
    assert [problem.stage for problem in first.problems] == ["cxaudit_gate"]
    second = session.run(audit)
    assert second.problems == ()
    assert second.gate.reasons == ("gate of one",)
    assert Tells.sent == [("one", "one", 1)]
    record = next(plugin for plugin in second.provenance.plugins if plugin.name == "Tells")
    assert record.quarantined == ""


def test_a_gate_whose_rule_fails_is_not_decided_and_never_passed(quay):
    session = Session([Tells])
    result = session.run(attrs.evolve(session.load(quay()), title="boom"))
    assert (result.gate.passed, result.gate.enough) == (False, False)
    assert result.gate.reasons == (
        "the rule of plugin Tells could not be asked (cxaudit_gate: OSError)",
    )
    assert "Gate: not enough basis to say" in session.render(result, "markdown")


@pytest.mark.parametrize(
    "code",
    [
        "def cxaudit_gate(result):\n    raise OSError",
        "def cxaudit_gate(reslt):\n    return ()",
        "def cxaudit_gates(result):\n    return ()",
        "def cxaudit_gate(result):\n    return [7]",
        "def cxaudit_after_run(result):\n    pass\n\n\ndef cxaudit_gate(result):\n    return ()",
    ],
)
def test_an_undecided_gate_ends_with_exit_code_3(tmp_path, capsys, quay, code):
    audit = quay()
    audit.write_text(audit.read_text().partition("[plugins.")[0])
    (tmp_path / "house").mkdir()
    text = f"from cxaudit.plugin import hook\n\n\n@hook\n{code}\n"
    (tmp_path / "house" / "house.py").write_text(text)
    assert main(["--plugins", str(tmp_path / "house"), "run", str(audit), "--quiet"]) == 3
    assert "the rule of plugin house could not be asked" in capsys.readouterr().out


def test_a_blocked_plugin_leaves_the_gate_decided(quay):
    audit = quay()
    audit.write_text(audit.read_text().partition("[plugins.")[0])
    session = Session([Tells], block=["Tells"])
    assert session.run(session.load(audit)).gate.passed


class Own:
    """A plugin whose check is a method that uses its settings."""

    def __init__(self):
        self.client = None

    @hook
    def cxaudit_configure(self, settings):
        self.client = settings.get("client")

    @hook
    def cxaudit_register(self):
        yield Check(id="own.check", judge=self.judge)

    def judge(self, request):
        del request
        return Verdict(state=State.NO_TARGET, reason=f"settings of {self.client}")


def test_methods_that_were_registered_see_the_settings_of_their_run(quay):
    session = Session([Own])
    audits = [session.load(quay(name, "Own", "own.check")) for name in ("one", "two")]
    for audit in audits:
        reasons = {finding.reason for finding in session.run(audit).findings}
        assert reasons == {f"settings of {audit.id}"}


def changing(request):
    limit = request.settings.pop("limit", None)
    request.measurements.clear()
    request.unit.attributes["changed"] = True
    object.__setattr__(request.item, "weight", 1000.0)
    score = 1.0 if limit is None else 0.0
    return Verdict(state=State.MET if score else State.NOT_MET, score=score)


class Changes:
    @hook
    def cxaudit_configure(self, settings):
        pass

    @hook
    def cxaudit_register(self):
        yield Check(id="changes.it", judge=changing)


def test_a_check_may_change_what_it_was_given_and_nothing_else(quay):
    session = Session([Changes])
    audit = session.load(quay(plugin="Changes", check="changes.it"))
    for _ in range(2):
        result = session.run(audit)
        assert [finding.score for finding in result.findings] == [0.0, 0.0, 0.0]
        item = result.checklist.items[0]
        assert (item.weight, item.check.settings["limit"]) == (1.0, 0.6)
        assert result.units.root.attributes == {}


def test_the_arrays_of_findings_cannot_be_written(quay):
    session = Session([Tells])
    result = session.run(session.load(quay()))
    for name in ("score", "state", "unit", "n"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(result.findings, name)[0] = 0


class Writes:
    @hook
    def cxaudit_configure(self, settings):
        pass

    @hook
    def cxaudit_register(self):
        def render(result):
            result.findings.score[:] = 0.5
            return "written"

        yield Output(id="writes.it", takes="result", render=render, suffix=".own")


def test_an_output_that_would_change_the_result_fails_alone(quay):
    from cxaudit.errors import PluginError

    session = Session([Writes])
    result = session.run(session.load(quay(plugin="Writes")))
    before = list(result.findings)
    with pytest.raises(PluginError, match="read-only"):
        session.render(result, "writes.it")
    assert list(result.findings) == before


def test_an_audit_runs_wherever_the_program_is_by_then(quay, tmp_path, monkeypatch):
    path = quay()
    monkeypatch.chdir(tmp_path)
    session = Session([Tells])
    audit = session.load(path.name)
    monkeypatch.chdir("/")
    assert session.run(audit).problems == ()
