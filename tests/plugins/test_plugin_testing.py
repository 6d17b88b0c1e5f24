"""The helpers for plugin authors hold a plugin to what a run demands of it."""

from __future__ import annotations

import itertools

import pytest

from cxaudit.plugin import Check, Detector, Hit, Lens, Rows, Scan, Source, State, Verdict, hook
from cxaudit.testing import (
    check_request,
    hostile_files,
    load_plugin,
    measurement,
    read_source,
    run_check,
    run_detector,
)


def share(request) -> Verdict:
    found = request.measurements["metric"]
    return Verdict(state=State.MEASURED, score=found.value, value=found.value, n=found.n)


CHECK = Check(
    id="acme.share",
    judge=share,
    settings={
        "type": "object",
        "properties": {"metric": {"type": "string"}, "target": {"type": "number"}},
        "additionalProperties": False,
    },
)


def test_a_literal_measurement_is_judged():
    found = measurement(0.25, n=40, metric="phone.abandoned")
    assert found.statistics == {"k": 10, "n": 40}
    verdict = run_check(CHECK, check_request(found, settings={"target": 1}))
    assert (verdict.score, verdict.n) == (0.25, 40)
    assert run_check(share, check_request(found)).score == 0.25


def test_a_request_is_filled_as_in_a_run():
    found = {"metric": measurement(1, metric="a.b"), "against": measurement(2, metric="a.c")}
    request = check_request(found, lower_is_better={"metric": True, "against": None})
    assert request.settings == {"metric": "a.b", "against": "a.c"}
    assert request.lower_is_better == {"metric": True, "against": None}
    assert request.item.check.settings == request.settings


def test_checks_that_break_the_contract_are_found():
    request = check_request(measurement(0.5), settings={"targt": 1})
    with pytest.raises(AssertionError, match=r"with of acme.share: .*'targt' was unexpected"):
        run_check(CHECK, request)
    with pytest.raises(AssertionError, match="gives a Verdict, not float"):
        run_check(lambda request: request.measurements["metric"].value, request)
    counter = itertools.count(1)
    with pytest.raises(AssertionError, match="pure"):
        run_check(lambda _: Verdict(state=State.MET, score=1, n=next(counter)), request)
    two = Check(id="acme.two", judge=share, metrics=("metric", "against"))
    with pytest.raises(AssertionError, match=r"\['against'\]"):
        run_check(two, request)


def test_sources_that_break_the_contract_are_found(tmp_path):
    def gives(*rows):
        return read_source(lambda _: Rows(rows=rows), [tmp_path / "a"])

    bad = ValueError("bad")
    assert gives(("a", 1, {"n": 1, "t": None}), ("a", 2, bad)) == [
        ("a", 1, {"n": 1, "t": None}),
        ("a", 2, bad),
    ]
    with pytest.raises(AssertionError, match="counted from 1"):
        gives(("a", 0, {}))
    with pytest.raises(AssertionError, match="n holds list"):
        gives(("a", 1, {"n": []}))
    with pytest.raises(AssertionError, match="a text, not PosixPath"):
        gives((tmp_path, 1, {}))
    with pytest.raises(TypeError, match="gives Scan, which the engine reads"):
        read_source(lambda _: Scan(format="csv", files=(), shown=()), [])
    source = Source(id="acme.s", read=lambda _: Rows(rows=()), settings={"required": ["separator"]})
    with pytest.raises(AssertionError, match=r"options of acme.s: 'separator' is a required"):
        read_source(source, [])


def test_a_source_sees_its_options_and_a_scratch_folder_that_goes(tmp_path):
    seen = []

    def read(request):
        (request.scratch / "spool").write_text("x")
        seen.append(request)
        return Rows(rows=())

    spec = Source(id="acme.s", read=read, tables=("calls",))
    assert read_source(spec, [tmp_path / "a.x"], {"separator": ";"}) == []
    (request,) = seen
    assert request.use.options == {"separator": ";"}
    assert (request.use.table, request.files) == ("calls", (tmp_path / "a.x",))
    assert not request.scratch.exists()


def test_a_detector_gets_batches_and_its_hits_must_lie_in_them():
    sizes = []

    def detect(batches):
        for batch in batches:
            sizes.append(len(batch))
            for row in batch:
                yield Hit(detector="a.d", source=row["_source"], row=row["_row"], label="x")

    spec = Detector(id="a.d", table="messages", detect=detect)
    hits = run_detector(spec, [{"text": "a"}, {"text": "b", "_row": 9}, {"text": "c"}])
    assert [(hit.source, hit.row) for hit in hits] == [("rows", 1), ("rows", 9), ("rows", 3)]
    assert sizes == [2, 1]
    with pytest.raises(AssertionError, match="names no row"):
        run_detector(lambda _: [Hit(detector="a.d", source="x", row=1, label="x")], [{}])
    beside = Hit(detector="a.d", source="rows", row=1, label="x", start=0, end=1, quote="b")
    with pytest.raises(AssertionError, match="does not quote the words at its place"):
        run_detector(lambda _: [beside], [{"text": "ab"}])


def test_phrases_are_found_by_the_engine_in_rows_at_hand():
    spec = Detector(
        id="a.d",
        table="a_table_of_its_own",
        column="note",
        where="seconds > 3",
        phrases={"sorry": ("so sorry",)},
        patterns={"number": (r"\d+",)},
    )
    rows = [
        {"note": "So  sorry about 12", "seconds": 4},
        {"note": "so sorry", "seconds": 2},
        {"note": None, "seconds": None},
    ]
    hits = run_detector(spec, rows)
    assert {(hit.row, hit.label, hit.quote, hit.start) for hit in hits} == {
        (1, "sorry", "So  sorry", 0),
        (1, "number", "12", 16),
    }
    assert run_detector(spec, []) == []


def test_a_hit_that_the_screen_of_its_detector_would_lose_is_a_failure():
    def first(batches):
        for batch in batches:
            for row in batch:
                yield Hit(detector="", source=row["_source"], row=row["_row"], label="x")

    spec = Detector(id="a.d", table="messages", column="text", detect=first, screen="late|lost")
    assert len(run_detector(spec, [{"text": "LATE"}, {"text": "not\nlost"}])) == 2
    with pytest.raises(AssertionError, match="in a row that the screen leaves out"):
        run_detector(spec, [{"text": "late"}, {"text": None}])


def test_loading_a_plugin_lists_all_its_problems():
    class Bad:
        @hook
        def cxaudit_register(self):
            yield Lens(id="fine", title="", keys={})
            yield "nothing"

        def cxaudit_gaet(self):
            return ()

    class Good:
        @hook
        def cxaudit_register(self):
            yield Lens(id="fine", title="Fine", keys={})

    with pytest.raises(AssertionError) as caught:
        load_plugin(Bad)
    assert "there is no hook 'cxaudit_gaet' See test_plugin_testing.py, line " in str(caught.value)
    assert "Did you mean 'cxaudit_gate'" in str(caught.value)
    assert "str is nothing that can be registered" in str(caught.value)
    assert load_plugin(Good).registry.get("lens", "fine").title == "Fine"


def test_hostile_files_hold_what_their_names_say(tmp_path):
    sample = b"id;wait\n1;20\n2;35\n"
    files = hostile_files(tmp_path / "new", sample, ".csv")
    content = {name: path.read_bytes() for name, path in files.items()}
    assert content["empty"] == b""
    assert content["truncated"] == sample[: len(sample) // 2]
    assert content["doubled"] == sample * 2
    assert content["windows-newlines"].count(b"\r\n") == 3
    assert content["utf-16"].decode("utf-16") == sample.decode()
    with pytest.raises(UnicodeDecodeError):
        content["latin-1"].decode()
    assert max(map(len, content["huge-field"].splitlines())) > 5_000_000
    assert b"\0" in content["null-bytes"]
    assert len(set(content.values())) == len(files)
    assert {path.suffix for path in files.values()} == {".csv"}
