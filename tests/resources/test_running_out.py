"""Memory or disk that run out end a run with what to do, and leave nothing half written."""

from __future__ import annotations

import errno
import subprocess
import sys

import attrs
import duckdb
import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit._engines.duckdb.session import connect
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


def run_after(code, *arguments):
    """Run the program in a process that runs some code first, such as a limit that it sets."""
    code += "; from cxaudit._cli import main; import sys; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def limited(size, *arguments):
    """Run the program where no file may grow beyond a size, as on a disk that is full then."""
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    )
    return run_after(code, *arguments)


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


def mapping_at_most(size, *arguments):
    """Run the program under a limit of address space, as by ``ulimit -v``."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({size}, {size}))"
    return run_after(code, *arguments)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_run_ends_well_under_a_limit_of_address_space(audit):
    done = mapping_at_most(2_500_000_000, "run", "--quiet", audit)
    assert (done.returncode, done.stderr.count("Written")) == (0, 1), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_too_little_address_space_is_told_before_anything_is_read(audit):
    done = mapping_at_most(700_000_000, "run", "--quiet", audit)
    assert done.returncode == 3, done.stderr
    assert "may map 0.7 GB of address space (ulimit -v)" in done.stderr
    assert "Raise that limit" in done.stderr
    assert "fault of cxaudit" not in done.stderr
    assert not (audit.parent / "results").exists()


def test_a_file_larger_than_its_share_of_memory_gives_the_same_result(audit):
    """Parquet is read again then, not copied."""
    source = str(audit.parent / "calls.csv")
    duckdb.read_csv(source).write_parquet(str(audit.parent / "calls.parquet"))
    audit.write_text(AUDIT.replace("csv", "parquet"))
    session = Session()
    loaded = session.load(audit)
    whole, bounded = (
        session.run(attrs.evolve(loaded, memory=memory)) for memory in (None, 40_000_000)
    )
    assert [m.value for m in whole.measurements] == [150_000.0]
    assert whole.measurements == bounded.measurements
    assert whole.accounts == bounded.accounts
    assert whole.findings == bounded.findings


def test_what_memory_cannot_hold_is_spilled_into_the_scratch_folder(tmp_path):
    session = connect()
    session.open((), tmp_path, memory=100_000_000)
    connection = session._connection.unguarded
    value = "SELECT current_setting('temp_directory'), current_setting('memory_limit')"
    assert connection.execute(value).fetchone() == (f"{tmp_path}/spill", "95.3 MiB")
    # Two million texts of 64 characters are 128 MB.
    ordered = "SELECT sha256(CAST(range AS VARCHAR)) AS x FROM range(2000000) ORDER BY x"
    connection.execute(f"CREATE TABLE t AS {ordered}")
    spilled = connection.execute("SELECT sum(size) FROM duckdb_temporary_files()")
    assert spilled.fetchone()[0] > 20_000_000
    assert connection.execute("SELECT count(DISTINCT x) FROM t").fetchone() == (2_000_000,)
    session.close()


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
    assert exhausted(RuntimeError("can't start new thread")).resource == "memory"
