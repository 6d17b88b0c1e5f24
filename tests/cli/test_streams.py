"""stdout can be parsed, stderr is quiet unless it is a terminal, and pipes may break."""

from __future__ import annotations

import json
import os
import subprocess
import unicodedata

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
@pytest.mark.parametrize(
    "command",
    [
        ["run", "AUDIT"],
        ["run", "AUDIT", "--json"],
        ["plan", "AUDIT"],
        ["list", "metric"],
        ["list", "metric", "--json"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_reader_that_goes_away_has_a_code_of_its_own(program, critical, command):
    """It is that of a process that SIGPIPE ended, not that of the gate, which fails here."""
    ours, theirs = os.pipe()
    os.close(ours)
    given = [str(critical.audit) if word == "AUDIT" else word for word in command]
    done = subprocess.run(
        [*program, *given], stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    assert done.returncode == 141
    assert "Broken pipe" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "run" not in command or critical.result.is_file()


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
def test_nobody_reads_what_is_wrong(program):
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([*program, "run", "no.toml"], stderr=theirs, check=False)
    os.close(theirs)
    assert done.returncode == 141


HOSTILE = "Calls \x1b]0;owned\x07\x1b[2J\r\x7f\x9b31m\u202eevil\u2066 wait"
SHOWN = r"Calls \u001b]0;owned\u0007\u001b[2J\u000d\u007f\u009b31m\u202eevil\u2066 wait"


WRITTEN = "".join(f"\\u{ord(each):04x}" for each in HOSTILE)
"""As TOML writes it."""


def test_controls_of_files_are_written_out(cxaudit, files):
    """Escape sequences, controls of 8 bits, marks of reading order; JSON means the same."""
    files.change("harbour.toml", "Calls are answered in time", WRITTEN)
    command = ["explain", files.folder / "harbour.toml", "phone.in-time"]
    assert SHOWN in cxaudit(*command).out
    machine = cxaudit(*command, "--json").out
    assert controls(machine) == set()
    (title,) = (field for field in json.loads(machine)["fields"] if field["name"] == "title")
    assert title["value"] == HOSTILE


def controls(text):
    """Return the characters of a text that are no part of a page of plain lines."""
    turning = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
    return {
        each
        for each in text
        if each in turning or (unicodedata.category(each) == "Cc" and each not in "\n\t")
    }


@pytest.mark.parametrize(
    "command",
    [
        ["validate", "harbour.toml"],
        ["validate", "audit.toml", "--json"],
        ["plan", "audit.toml"],
        ["plan", "audit.toml", "--json"],
        ["run", "audit.toml"],
        ["run", "audit.toml", "--json"],
        ["run", "gone-\x1b]0;x\x07.toml"],
        ["list", "check\x9b2J"],
        ["report", "audit.toml"],
        ["--plugins", "plugins", "plugins", "doctor"],
        ["--plugins", "plugins", "plugins", "list", "--json"],
    ],
    ids=lambda command: " ".join(command).encode("unicode_escape").decode(),
)
def test_no_command_prints_a_control(cxaudit, files, monkeypatch, command):
    files.change("harbour.toml", 'title = "Harbour"', f'title = "{WRITTEN}"')
    files.change("harbour.toml", "Calls wait", WRITTEN)
    files.change("audit.toml", "Harbour Coffee (invented)", WRITTEN)
    files.write("plugins/mail.py", f"raise RuntimeError({HOSTILE!r})\n")
    files.write("cases.csv", "id,unit,touchpoint,wave,status\nv\x1b[2J,harbour,in-store,q2,final\n")
    files.write("answers.csv", "item,case,rater,value\nin-store.greeted,v\x1b[2J,ann,yes\n")
    monkeypatch.chdir(files.folder)
    said = cxaudit(*command)
    assert said.out + said.err
    assert controls(said.out + said.err) == set()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_stream_without_a_character_gets_another(program, files, encoding):
    """No report is lost to a bar or a dash; JSON is whole, and UTF-8, in any case."""
    files.change("audit.toml", 'title = "Harbour in spring"', 'title = "Håfen → Köln"')
    settings = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [*program, "run", str(files.audit)]
    report = subprocess.run(command, capture_output=True, env=settings, check=True)
    shown = {"ascii": b"H?fen ? K?ln", "cp1252": b"H\xe5fen ? K\xf6ln"}
    assert report.stdout.startswith(shown.get(encoding, "Håfen → Köln".encode()))
    machine = subprocess.run([*command, "--json"], capture_output=True, env=settings, check=True)
    assert json.loads(machine.stdout)["title"] == "Håfen → Köln"
    wrong = subprocess.run(
        [*program, "run", "Kö\u2192.toml"], capture_output=True, env=settings, check=False
    )
    assert wrong.returncode == 2
    assert b"Traceback" not in wrong.stderr


def test_what_cannot_be_written_is_told_with_its_name(cxaudit, files):
    cxaudit("run", files.audit)
    (files.folder / "taken").write_text("")
    said = cxaudit("report", files.result, "--to", files.folder / "taken" / "report.txt")
    assert (said.code, said.out) == (2, "")
    assert "taken" in said.err
    assert "Traceback" not in said.err
