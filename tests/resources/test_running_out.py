"""Memory or disk that run out end a run with what to do, and leave nothing half written."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit._model.resources import exhausted
from cxaudit.errors import ResourceError
from cxaudit.plugin import Output, hook

AUDIT = """
cxaudit = 1
[audit]
id = "quay"
title = "Quay"
client = "Quay (invented)"
checklists = ["quay.toml"]
[[unit]]
id = "quay"
kind = "organisation"
zone = "UTC"
touchpoints = ["phone"]
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.calls.columns]
call_id = "id"
queued_at = "time(at)"
wait_s = "number(wait)"
outcome = "'answered'"
"""
CHECKLIST = """
cxaudit = 1
[checklist]
id = "quay"
version = "1"
title = "Quay"
[[metric]]
id = "phone.callers"
table = "calls"
kind = "count_distinct"
value = "call_id || call_id || call_id || call_id"
[[item]]
id = "phone.callers"
area = "process"
touchpoints = ["phone"]
title = "Callers"
check = "within-target"
with = { metric = "phone.callers", target = 1, limit = 0, better = "higher" }
"""


@pytest.fixture
def audit(tmp_path):
    folder = tmp_path / "quay"
    folder.mkdir()
    rows = (f"{'c' * 40}{n},2026-04-01T10:00:00Z,{n}\n" for n in range(150_000))
    (folder / "calls.csv").write_text("id,at,wait\n" + "".join(rows))
    (folder / "audit.toml").write_text(AUDIT)
    (folder / "quay.toml").write_text(CHECKLIST)
    return folder / "audit.toml"


def said(capsys, *arguments):
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return code, told


def test_too_little_memory_is_told(audit, capsys):
    code, told = said(capsys, "run", "--quiet", "--memory", "12MB", audit)
    assert code == 3
    assert "There is not enough memory" in told
    assert "--memory 2GB" in told
    assert not (audit.parent / "results").exists()


def test_the_audit_file_can_lower_memory(audit, capsys):
    audit.write_text(AUDIT + '[engine]\nmemory = "12 MB"\n')
    assert Session().load(audit).memory == 12_000_000
    with pytest.raises(ResourceError) as caught:
        Session().run(Session().load(audit))
    assert caught.value.resource == "memory"
    code, _ = said(capsys, "run", "--quiet", "--memory", "1GB", audit)
    assert code == 0


@pytest.mark.parametrize("memory", ["much", "0 GB", "2"])
def test_a_wrong_size_is_an_error_of_the_user(audit, capsys, memory):
    assert said(capsys, "run", "--memory", memory, audit)[0] == 2
    audit.write_text(AUDIT + f'[engine]\nmemory = "{memory}"\n')
    code, told = said(capsys, "validate", audit)
    assert code == 2
    assert "engine.memory: The memory" in told


class OutOfMemory:
    """A plugin whose output needs more than there is."""

    @hook
    def cxaudit_register(self):
        def render(_):
            raise MemoryError

        yield Output(id="quay.huge", render=render, takes="result", suffix=".huge", summary="Huge.")


def test_a_plugin_that_runs_out_of_memory_is_not_blamed(audit):
    session = Session([OutOfMemory])
    result = session.run(session.load(audit))
    with pytest.raises(ResourceError, match="not enough memory"):
        session.render(result, "quay.huge")


def limited(size, *arguments):
    """Run the program where no file may grow beyond a size, as on a disk that is full then."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
        "from cxaudit._cli import main; sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize(
    "arguments", [(), ("--memory", "60MB")], ids=["of results", "of what is kept meanwhile"]
)
def test_a_full_disk_is_told(audit, arguments):
    done = limited(2_000, "run", "--quiet", *arguments, audit)
    assert done.returncode == 3, done.stderr
    assert "The disk is full" in done.stderr
    assert "Free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (audit.parent / "results").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_report_that_does_not_fit_is_told(audit, tmp_path):
    assert main(["run", "--quiet", str(audit)]) == 0
    (saved,) = audit.parent.glob("results/quay/*/result.json")
    done = limited(2_000, "report", saved, "--output", "html", "--to", tmp_path / "page.html")
    assert done.returncode == 3
    assert "The disk is full" in done.stderr
    assert not (tmp_path / "page.html").exists()


def test_what_says_that_the_disk_is_full_is_known():
    assert exhausted(OSError(errno.ENOSPC, "No space left on device")).resource == "disk"
    assert exhausted(OSError(errno.EACCES, "Permission denied")) is None
    assert exhausted(MemoryError()).resource == "memory"
    assert exhausted(ValueError("No space left")) is None
