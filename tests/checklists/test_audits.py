"""A right audit file, read whole."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from cxaudit._checklists import load_audit
from cxaudit.errors import AuditFileError

CHECKLIST = """
cxaudit = 1
[checklist]
id = "quay"
version = "1"
title = "Quay"
[params.reply-hours]
question = "How many hours?"
[[metric]]
id = "own.answered"
table = "calls"
kind = "mean"
value = "wait_s - $reply-hours"
lower_is_better = true
[[item]]
id = "phone.wait"
area = "process"
touchpoints = ["phone"]
title = "Waits are short"
when = "format <> 'kiosk' and seats >= 3"
check = "within-target"
with = { metric = "own.answered", target = "$reply-hours" }
"""

AUDIT = """
cxaudit = 1
[audit]
id = "quay.spring"
title = "Quay, spring"
client = "Quay"
wave = "2026-q2"
seed = 7
checklists = ["quay.toml"]
cases = ["cases-*.csv"]
answers = ["answers.csv"]
outputs = ["json", "cxaudit.html"]
[[wave]]
id = "2026-q2"
start = 2026-04-01
end = 2026-06-30
[[unit]]
id = "quay.north"
kind = "site"
parent = "quay"
from = 2026-05-01
attributes = { seats = 4, open = true }
[[unit]]
id = "quay"
name = "Quay Coffee"
kind = "organisation"
zone = "Europe/Paris"
touchpoints = ["phone", "in-store"]
attributes = { format = "shop", seats = 9 }
[[unit]]
id = "quay.rival"
kind = "site"
parent = "quay"
zone = "Asia/Tokyo"
comparator = true
[unit_alias."*"]
"0042" = "quay.north"
[params]
reply-hours = { value = 24, basis = "promise", agreed_by = "Head of service" }
[sources.calls]
reader = "csv"
table = "calls"
path = "data/*.csv"
zone = "unit"
options = { separator = ";" }
[sources.calls.columns]
call_id = "id"
wait_s = "number(q_time)"
unit = "shop"
[[breakdown]]
id = "by-hour"
metrics = ["own.answered", "phone.wait.p90"]
by = "hour(queued_at)"
minimum = 10
[[waiver]]
item = "phone.*"
unit = "quay.north"
reason = "Being mended"
approver = "Head of service"
expires = 2026-09-30
[conduct]
staff_told = true
[gate]
min_score = 0.7
[plugins.acme]
deep = { key = { env = "CXAUDIT_TEST_KEY" }, url = "x" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CXAUDIT_TEST_KEY", "s3cret")
    (tmp_path / "data").mkdir()
    for name in ("cases-1.csv", "answers.csv", "data/calls.csv"):
        (tmp_path / name).write_text("id\n1\n")
    (tmp_path / "quay.toml").write_text(CHECKLIST)
    (tmp_path / "audit.toml").write_text(AUDIT)
    return tmp_path


def test_a_whole_audit_file(folder, registry):
    audit = load_audit(folder / "audit.toml", registry)
    assert audit.outputs == ("cxaudit.json", "cxaudit.html")
    assert (audit.wave.id, audit.wave.end) == ("2026-q2", date(2026, 6, 30))
    assert audit.checklist.parameters["reply-hours"].basis == "promise"
    assert audit.checklist.items[0].check.settings["target"] == 24
    assert audit.checklist.items[0].check.settings["metric"] == "own.answered"
    source = audit.sources[0]
    assert (source.reader, source.table, source.paths) == ("cxaudit.csv", "calls", ("data/*.csv",))
    assert source.line == AUDIT.splitlines().index("[sources.calls]") + 1
    assert audit.breakdowns[0].metrics == ("own.answered", "cxaudit.phone.wait.p90")
    assert audit.waivers[0].expires == date(2026, 9, 30)
    assert (audit.conduct.staff_told, audit.gate.min_score, audit.seed) == (True, 0.7, 7)
    assert audit.unit_aliases == {"*": {"0042": "quay.north"}}
    assert audit.folder == folder


def test_units_inherit_and_come_parents_first(folder, registry):
    tree = load_audit(folder / "audit.toml", registry).units
    assert [unit.id for unit in tree] == ["quay", "quay.north", "quay.rival"]
    north = tree["quay.north"]
    assert (north.zone, north.touchpoints) == ("Europe/Paris", ("phone", "in-store"))
    assert north.attributes == {"format": "shop", "seats": 4, "open": True}
    assert (north.name, north.start, north.end) == ("quay.north", date(2026, 5, 1), None)
    assert (tree["quay.rival"].zone, tree["quay.rival"].comparator) == ("Asia/Tokyo", True)


def test_secrets_come_from_the_environment_and_do_not_show(folder, registry):
    audit = load_audit(folder / "audit.toml", registry)
    assert audit.plugins["acme"]["deep"] == {"key": "s3cret", "url": "x"}
    assert "s3cret" not in repr(audit)


def test_digests_are_those_of_the_files(folder, registry):
    audit = load_audit(folder / "audit.toml", registry)
    assert audit.digests == {
        str(folder / name): hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("audit.toml", "quay.toml")
    }


def test_units_of_a_csv_file(folder, registry):
    start, end = AUDIT.index("[[unit]]"), AUDIT.index("[unit_alias")
    text = AUDIT[:start] + AUDIT[end:]
    text = text.replace("seed = 7", 'units = "units.csv"').replace("seats >= 3", "")
    (folder / "audit.toml").write_text(text)
    (folder / "quay.toml").write_text(CHECKLIST.replace(" and seats >= 3", ""))
    (folder / "units.csv").write_bytes(
        "\ufeffid,name,kind,parent,zone,weight,touchpoints,from,until,comparator,format\r\n"
        'quay.north,"North, by the sea",site,quay,,2.5,phone; in-store,2026-05-01,,TRUE,\r\n'
        "quay,Quay,organisation,,Europe/Paris,,,,,,shop\r\n".encode()
    )
    audit = load_audit(folder / "audit.toml", registry)
    north = audit.units["quay.north"]
    assert audit.units.root.id == "quay"
    assert (north.name, north.weight, north.comparator) == ("North, by the sea", 2.5, True)
    assert north.touchpoints == ("phone", "in-store")
    assert north.attributes == {"format": "shop"}
    assert str(folder / "units.csv") in audit.digests


def test_a_condition_on_a_parameter_nobody_answered_waits(folder, registry):
    text = AUDIT.replace('{ value = 24, basis = "promise", agreed_by = "Head of service" }', "24")
    (folder / "audit.toml").write_text(text.replace("reply-hours = 24\n", ""))
    audit = load_audit(folder / "audit.toml", registry)
    assert audit.checklist.items[0].check.settings["target"] is None


def test_problems_of_audit_checklist_and_units_come_together(folder, registry):
    (folder / "quay.toml").write_text(CHECKLIST.replace('phone"]', 'fone"]'))
    (folder / "audit.toml").write_text(
        AUDIT.replace("Europe/Paris", "Europe/Nowhere").replace('"json"', '"jsn"')
    )
    with pytest.raises(AuditFileError) as caught:
        load_audit(folder / "audit.toml", registry)
    assert [problem.path for problem in caught.value.problems] == [
        "audit.outputs[0]",
        "unit[1].zone",
        "item[0].touchpoints[0]",
    ]


PNG = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("name", "content", "media"),
    [
        ("logo.png", PNG, "image/png"),
        ("logo.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("logo.svg", SVG, "image/svg+xml"),
        ("logo.jpg", PNG, "image/png"),  # it is what it holds, not what it is named
    ],
)
def test_a_logo_is_taken_in(folder, registry, name, content, media):
    (folder / name).write_bytes(content)
    with (folder / "audit.toml").open("a") as file:
        file.write(f'[branding]\nlogo = "{name}"\n')
    audit = load_audit(folder / "audit.toml", registry)
    assert audit.branding["logo"].startswith(f"data:{media};base64,")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("logo.png", b""),
        ("logo.png", b"no picture"),
        ("logo.svg", b"<html><body>Not found</body></html>"),
        ("logo.svg", SVG[:-3]),
        ("logo.svg", b'<?xml version="1.0" encoding="none"?>' + SVG),
        ("logo.svg", b"<svg/>"),  # no browser shows it without its namespace
    ],
)
def test_a_logo_that_is_no_picture_is_told_before_the_run(folder, registry, name, content):
    (folder / name).write_bytes(content)
    with (folder / "audit.toml").open("a") as file:
        file.write(f'[branding]\nlogo = "{name}"\n')
    with pytest.raises(AuditFileError) as caught:
        load_audit(folder / "audit.toml", registry)
    (problem,) = caught.value.problems
    assert (Path(problem.file).name, problem.path) == ("audit.toml", "branding.logo")
    assert (problem.message, problem.hint) == (
        f"{name!r} holds no picture.",
        "Save it as PNG, JPEG or SVG, and look at it in a browser.",
    )
