"""The page on embedding: its blocks run as they stand, as service, notebook, job and script."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

PAGE = (Path(__file__).parents[2] / "docs/how-to/embed.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = {mark.removeprefix("file="): text for _, mark, text in BLOCKS if mark.startswith("file=")}
SCRIPT = [text for kind, mark, text in BLOCKS if kind == "python" and not mark]
CELLS = [text for _, mark, text in BLOCKS if mark == "cell"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_block_is_run_somewhere():
    assert len(FILES) == 3
    assert len(CELLS) == 3
    assert len(SCRIPT) + len(FILES) + len(CELLS) == len(BLOCKS)


def test_a_data_frame_becomes_a_page_and_tables(folder, capsys):
    for package in ("pandas", "polars", "opentelemetry"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    names = {}
    for number, block in enumerate(SCRIPT):
        exec(compile(block, f"block {number} of embed.md", "exec"), names)
    page = (folder / "report.html").read_text("utf-8")
    assert "Acme, spring" in page
    assert names["shares"] == [("acme", 2 / 3), ("north", 1.0), ("south", 0.5)]
    assert names["findings"].height == len(names["result"].findings)
    assert set(names["scores"]["unit"]) == {"acme", "north", "south"}
    assert [finding.unit for finding in names["flagged"]][:1] == ["acme"]
    written = capsys.readouterr().out
    assert "answer[0].item" in written
    assert "Did you mean 'phone.polite'?" in written
    assert "phone.answered 0.5" in written
    assert written.endswith("ended\n")


@pytest.fixture
def service(folder):
    pytest.importorskip("fastapi", reason="fastapi is not installed")
    pytest.importorskip("httpx", reason="httpx is not installed")
    from fastapi.testclient import TestClient

    names = {"__name__": "service"}
    exec(compile((folder / "service.py").read_text("utf-8"), "service.py", "exec"), names)
    return TestClient(names["app"])


def sent(answered, lost, value="yes"):
    outcomes = ["answered"] * answered + ["lost"] * lost
    calls = [{"call_id": str(n), "outcome": outcome} for n, outcome in enumerate(outcomes)]
    return {
        "calls": calls,
        "cases": [{"id": "visit", "touchpoint": "phone"}],
        "answers": [{"item": "phone.polite", "rater": "Ann", "value": value}],
    }


@pytest.mark.filterwarnings("ignore:Using `httpx`")
def test_two_tenants_of_a_service_are_served_at_once(service):
    """Acme is held to 90 %, Bolt to half; each request brings another share."""
    barrier = threading.Barrier(4)

    def ask(request):
        tenant, answered = request
        if answered < 4:
            barrier.wait(30)
        response = service.post(f"/{tenant}/findings", json=sent(answered, 10 - answered))
        assert response.status_code == 200
        (finding,) = (row for row in response.json()["findings"] if row["item"] == "phone.answered")
        return finding["unit"], finding["value"], finding["score"]

    requests = [(tenant, answered) for answered in (2, 3, 7, 9) for tenant in ("acme", "bolt")]
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(ask, requests))
    for (tenant, answered), (unit, value, score) in zip(requests, heard, strict=True):
        assert (unit, value) == (tenant, pytest.approx(answered / 10))
        target = {"acme": 0.9, "bolt": 0.5}[tenant]
        assert score == pytest.approx(min(1, answered / 10 / target))


@pytest.mark.filterwarnings("ignore:Using `httpx`")
def test_a_service_says_what_is_wrong_in_a_form_and_gives_a_page(service):
    wrong = service.post("/acme/findings", json=sent(1, 1, value="perhaps"))
    assert wrong.status_code == 422
    assert "answer[0].value" in wrong.json()["detail"][0]
    assert service.post("/nobody/findings", json=sent(1, 1)).status_code == 404
    page = service.post("/bolt/page", json=sent(8, 2))
    assert page.headers["content-type"].startswith("text/html")
    assert "Bolt" in page.text


@pytest.mark.slow
@pytest.mark.parametrize(("lost", "code"), [(1, 0), (9, 1)])
def test_a_job_leaves_a_page_and_ends_by_the_gate(folder, lost, code):
    with duckdb.connect("warehouse.duckdb") as warehouse:
        warehouse.execute(
            "CREATE TABLE calls AS SELECT range AS call_id, "
            f"CASE WHEN range % 10 < {lost} THEN 'lost' ELSE 'answered' END AS outcome "
            "FROM range(500)"
        )
    done = subprocess.run([sys.executable, "job.py"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
    assert "Acme, last night" in (folder / "out/report.html").read_text("utf-8")
    assert (folder / "out/result.json").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_shows_the_first_screen_and_a_frame(folder):
    for package in ("nbclient", "ipykernel", "polars"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, CELLS)])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    first, screen, frame = (cell.outputs for cell in notebook.cells)
    assert first == []
    assert "<iframe srcdoc=" in screen[0].data["text/html"]
    assert "Acme, spring" in screen[0].data["text/html"]
    assert "phone.answered" in frame[0].data["text/html"]
