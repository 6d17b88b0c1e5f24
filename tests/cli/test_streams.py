"""stdout can be parsed, stderr is quiet unless it is a terminal, and pipes may break."""

from __future__ import annotations

import json
import os
import subprocess

import pytest


def test_json_parses_though_stderr_talks(program, files):
    done = subprocess.run(
        [*program, "run", str(files.audit), "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["audit"] == "harbour.spring"
    assert "Written: " in done.stderr
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals on Windows")
@pytest.mark.parametrize("quiet", [False, True])
def test_progress_shows_on_a_terminal_alone(program, files, quiet):
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*program, "run", str(files.audit), "--json", *["--quiet"] * quiet],
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        out = process.stdout.read()
        shown = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:
                break
            if not read:
                break
            shown += read
    os.close(ours)
    assert process.returncode == 0
    assert json.loads(out)["audit"] == "harbour.spring"
    assert (b"measuring" in shown) is not quiet
    assert b"Written: " in shown


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
@pytest.mark.parametrize("command", [["run"], ["run", "--json"], ["plan"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(program, critical, command):
    """The exit code stays that of the run, here a failed gate, and nothing complains."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [*program, *command, str(critical.audit)],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert done.returncode == (1 if "run" in command else 0)
    assert "Broken pipe" not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_written_is_told_with_its_name(cxaudit, files):
    cxaudit("run", files.audit)
    (files.folder / "taken").write_text("")
    said = cxaudit("report", files.result, "--to", files.folder / "taken" / "report.txt")
    assert (said.code, said.out) == (2, "")
    assert "taken" in said.err
    assert "Traceback" not in said.err
