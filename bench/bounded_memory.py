"""All phone metrics of a log that is larger than memory, through the command line.

The log is that of `phone.py`, and quantiles are approximate, as exact ones by site hold all their
values. A limit is a control group's, where they can be made here, else of the address space
(``ulimit -v``). The run must finish, or end with exit code 3 and a sentence that says what to set.

    python bench/bounded_memory.py [--rows 30000000] [--sites 100] [--limit 4] [--memory 2GB]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from phone import make_log, write_audit

GROUPS = Path("/sys/fs/cgroup/memory")
"""Where control groups of version 1 are made."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, nargs="+", default=[30_000_000])
    arguments.add_argument("--sites", type=int, default=100)
    arguments.add_argument("--limit", type=float, help="GB that the process may use; none without")
    arguments.add_argument("--memory", help="what the command is told, as 2GB")
    arguments.add_argument("--exact", action="store_true", help="exact quantiles")
    options = arguments.parse_args()
    print("     calls  limit  exit   CPU s  wall s  peak GB", flush=True)
    codes = set()
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            make_log(folder / "calls.parquet", rows, options.sites)
            write_audit(folder, options.sites)
            if not options.exact:
                with (folder / "audit.toml").open("a") as audit:
                    audit.write('\n[engine]\nquantiles = "approximate"\n')
            codes.add(run(folder, rows, options.limit, options.memory))
    sys.exit(max(codes - {0, 1, 3}, default=0))


def run(folder: Path, rows: int, limit: float | None, memory: str | None) -> int:
    """Run the audit, print what it took, and return its exit code."""
    command = [sys.executable, "-m", "cxaudit", "run", str(folder / "audit.toml")]
    command += ["--quiet", "--json"]
    command += ["--memory", memory] if memory else []
    size = None if limit is None else int(limit * 1e9)
    group = None if size is None else control_group(size)

    def confine() -> None:
        if group is not None:
            (group / "cgroup.procs").write_text(str(os.getpid()))
        elif size is not None:
            resource.setrlimit(resource.RLIMIT_AS, (size, size))

    start = time.perf_counter()
    told = folder / "told.txt"
    with told.open("w") as output:
        child = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=confine,  # noqa: PLW1509 - no threads yet
        )
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    how = "none" if size is None else f"{limit:g} GB {'group' if group else 'ulimit'}"
    print(
        f"{rows:>10,}  {how}  {child.returncode}  {used.ru_utime + used.ru_stime:.1f}  {wall:.0f}  "
        f"{used.ru_maxrss * 1024 / 1e9:.2f}",
        flush=True,
    )
    if child.returncode not in {0, 1}:
        print(told.read_text()[-1000:])
    if group is not None:
        group.rmdir()
    return child.returncode


def control_group(size: int) -> Path | None:
    """Return a new control group that may use some bytes; None where none can be made."""
    group = GROUPS / f"cxaudit-bench-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(size))
    except OSError:
        return None
    return group


if __name__ == "__main__":
    main()
