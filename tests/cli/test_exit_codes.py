"""0 fine, 1 gate, 2 input, 3 plugin, 4 no basis, 5 our bug; where several hold: 5, 2, 1, 4, 3."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

import pytest

from cxaudit._audit.scratch import scratch_folder

BROKEN = """\
from cxaudit.plugin import hook


@hook
def cxaudit_after_run(result):
    raise RuntimeError("the mail server is away")
"""

RAISES = """\
from cxaudit.plugin import hook


@hook
def cxaudit_gate(result):
    raise {error}
    yield ""
"""


def no_basis(files):
    """Ask for more coverage than there is: the item of the shop has no answer."""
    files.add("audit.toml", "\n[gate]\nmin_coverage = 0.9\n")
    files.write("answers.csv", "item,case,rater,value\n")


def broken(files):
    return ("--plugins", files.write("plugins/mail.py", BROKEN).parent)


def test_fine_is_0(cxaudit, files):
    assert cxaudit("run", files.audit).code == 0


def test_a_failed_critical_item_is_1(cxaudit, critical):
    said = cxaudit("run", critical.audit)
    assert said.code == 1
    assert "Gate: not passed. Critical and failed: " in said.out.replace("\n", " ")
    assert critical.result.is_file()


def test_a_score_under_the_gate_is_1(cxaudit, files):
    files.add("audit.toml", "\n[gate]\nmin_score = 0.76\n")
    assert cxaudit("run", files.audit).code == 1
    files.change("audit.toml", "0.76", "0.75")
    assert cxaudit("run", files.audit).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["run"],
        ["run", "no-such-file.toml"],
        ["run", "--no-such-option"],
        ["--plugins", "no-such-folder", "list", "check"],
        ["report", "no-such-file.json"],
        ["list", "colour"],
        ["validate", "no-such-checklist"],
        ["validate", "."],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_with_words_on_stderr_alone(cxaudit, arguments):
    said = cxaudit(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err
    assert "Traceback" not in said.err


def test_a_wrong_file_is_2_and_nothing_is_written(cxaudit, files):
    files.change("audit.toml", 'reader = "csv"', 'reader = "cvs"')
    said = cxaudit("run", files.audit)
    assert (said.code, said.out) == (2, "")
    assert "audit.toml:37:1: sources.calls.reader: There is no reader 'cvs'." in said.err
    assert "Did you mean 'csv'" in said.err
    assert not (files.folder / "results").exists()


def test_a_result_of_another_kind_is_2(cxaudit, files):
    said = cxaudit("report", files.write("other.json", '{"a": 1}'))
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err


def test_a_broken_plugin_is_3_and_the_run_goes_on(cxaudit, files):
    said = cxaudit(*broken(files), "run", files.audit)
    assert said.code == 3
    assert "75.0 of 100" in said.out
    assert (
        "Plugin mail failed in cxaudit_after_run: RuntimeError: the mail server is away" in said.err
    )
    assert "Raised in mail.py, line 6." in said.err


def test_not_enough_basis_is_4(cxaudit, files):
    no_basis(files)
    assert cxaudit("run", files.audit).code == 4


def test_no_basis_at_all_is_4(cxaudit, files):
    no_basis(files)
    files.change("audit.toml", "\n[gate]\nmin_coverage = 0.9\n", "")
    files.write("calls.csv", "id,start,wait,result\n")
    assert cxaudit("run", files.audit).code == 4


def test_our_bug_is_5_with_a_traceback_to_report(cxaudit, files, monkeypatch):
    monkeypatch.setattr("cxaudit.session.Session.run", lambda *_, **__: 1 // 0)
    said = cxaudit("run", files.audit)
    assert (said.code, said.out) == (5, "")
    assert "ZeroDivisionError" in said.err
    assert "fault of cxaudit" in said.err
    assert list(files.folder.glob("results/*/*")) == []


def test_end_of_file_is_no_interruption(cxaudit, files, monkeypatch):
    def ends(*_, **__):
        raise EOFError

    monkeypatch.setattr("cxaudit.session.Session.run", ends)
    assert cxaudit("run", files.audit).code == 5


def test_2_comes_before_1_and_3(cxaudit, critical):
    critical.write("answers.csv", "item,case,rater,value\nin-store.greeted,v9,ann,yes\n")
    assert cxaudit(*broken(critical), "run", critical.audit).code == 2


def test_1_comes_before_4_and_3(cxaudit, critical):
    no_basis(critical)
    critical.change("audit.toml", "min_coverage = 0.9", "min_coverage = 0.9\ncritical = true")
    assert cxaudit(*broken(critical), "run", critical.audit).code == 1


def test_4_comes_before_3(cxaudit, files):
    no_basis(files)
    assert cxaudit(*broken(files), "run", files.audit).code == 4


def test_rescore_has_the_code_of_its_own_gate(cxaudit, critical):
    assert cxaudit("run", critical.audit).code == 1
    assert cxaudit("rescore", critical.result, "cxaudit-1").code == 1
    assert cxaudit("report", critical.result).code == 0


@pytest.mark.parametrize("code", [0, 1, 5])
def test_a_plugin_that_exits_neither_ends_the_run_nor_sets_the_code(cxaudit, files, code):
    files.write("plugins/bye.py", RAISES.format(error=f"SystemExit({code})"))
    said = cxaudit("--plugins", files.folder / "plugins", "run", files.audit)
    assert said.code == 3
    assert "SystemExit" in said.err
    assert files.result.is_file()


def test_an_interruption_from_within_is_130_and_leaves_nothing(cxaudit, files):
    files.write("plugins/stop.py", RAISES.format(error="KeyboardInterrupt"))
    said = cxaudit("--plugins", files.folder / "plugins", "run", files.audit)
    assert (said.code, said.out) == (130, "")
    words = r"Interrupted in \w+( \(.*\))? of plugin stop\. Nothing was half written\."
    assert re.fullmatch(words, said.err.strip())
    assert list(files.folder.glob("results/*/*")) == []


def test_an_interruption_keeps_the_run_before(cxaudit, files):
    cxaudit("run", files.audit)
    before = {path.name: path.read_bytes() for path in files.result.parent.iterdir()}
    files.write("plugins/stop.py", RAISES.format(error="KeyboardInterrupt"))
    files.write("answers.csv", "item,case,rater,value\n")
    assert cxaudit("--plugins", files.folder / "plugins", "run", files.audit).code == 130
    assert [path.name for path in files.results.iterdir()] == ["q2"]
    assert {path.name: path.read_bytes() for path in files.result.parent.iterdir()} == before


def reading(program, files, settings=None):
    """Start a run and wait until it reads records."""
    process = subprocess.Popen(
        [*program, "run", str(files.audit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=settings,
    )
    deadline = time.monotonic() + 60
    while not list(files.folder.glob("results/*/.unfinished-*")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    return process


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("wait", [0.0, 0.3, 0.6])
def test_ctrl_c_while_records_are_read(program, files, many_calls, wait):
    """At whatever moment it comes: nothing half written, and never a traceback."""
    files.write("calls.csv", many_calls(800_000))
    process = reading(program, files)
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    # CPython ends by the signal itself when it came inside an import's exec: 130 in a shell, too.
    assert process.returncode in {130, -signal.SIGINT}
    assert out == ""
    words = r"Interrupted( in .+)?\. Nothing was half written\."
    assert re.fullmatch(words, err.strip())
    assert list(files.folder.glob("results/*/*")) == []


@pytest.fixture
def temporary(tmp_path):
    """Give a folder for temporary files, and the environment of a program that uses it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder, {**os.environ, "TMPDIR": str(folder)}


def wait_for_scratch(folder):
    deadline = time.monotonic() + 60
    while not list(folder.glob("cxaudit-*/files/*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process at once")
def test_sigterm_ends_a_run_as_ctrl_c_does(program, files, many_calls, temporary):
    folder, settings = temporary
    files.write("calls.csv", many_calls(800_000))
    process = reading(program, files, settings)
    wait_for_scratch(folder)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (143, "")
    assert err.strip() == "Terminated. Nothing was half written."
    assert list(files.folder.glob("results/*/*")) == []
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no file that is open")
def test_what_a_dead_process_left_goes_at_the_next_start(program, files, many_calls, temporary):
    """What belongs to a living one stays, and so does what is not ours."""
    folder, settings = temporary
    few = (files.folder / "calls.csv").read_text("utf-8")
    files.write("calls.csv", many_calls(800_000))
    dead = reading(program, files, settings)
    wait_for_scratch(folder)
    dead.kill()
    dead.communicate(timeout=60)
    left = {*folder.glob("cxaudit-*"), *files.results.glob(".unfinished-*")}
    assert len(left) == 2
    (folder / "cxaudit-checkout").mkdir()
    (folder / "cxaudit-link").symlink_to(files.folder)
    with scratch_folder("cxaudit-", folder) as alive:
        files.write("calls.csv", few)
        subprocess.run([*program, "run", str(files.audit)], env=settings, check=True)
        assert alive.is_dir()
        assert not any(path.exists() for path in left)
    assert {path.name for path in folder.iterdir()} == {"cxaudit-checkout", "cxaudit-link"}
    assert [path.name for path in files.results.iterdir()] == ["q2"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root makes them another's")
def test_folders_of_other_users_are_left(tmp_path):
    other = tmp_path / "cxaudit-other"
    other.mkdir()
    (other / ".cxaudit-lock").touch()
    os.chown(other, 12345, 12345)
    with scratch_folder("cxaudit-", tmp_path):
        pass
    assert list(tmp_path.iterdir()) == [other]
