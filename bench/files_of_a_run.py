"""The files that one audit goes through: two rows of calls, one metric with a target, one page.

Prints the project's modules in which a function was executed, in order of first call: while the
plugins and the audit are loaded, while it runs, while the page is made. What runs while a module is
imported does not count, nor do methods that attrs writes.

Run: ``python bench/files_of_a_run.py``.
"""

from __future__ import annotations

import inspect
import sys
import tempfile
import threading
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).parents[1]
CODE = (str(ROOT / "src"), str(ROOT / "plugins"))

RECORDS = """\
call_id,started_at,ended_at,outcome,wait_s
1,2026-03-02T09:00:00Z,2026-03-02T09:03:00Z,answered,12
2,2026-03-02T09:10:00Z,2026-03-02T09:14:00Z,answered,48
"""

CHECKLIST = """\
cxaudit = 1

[checklist]
id = "bench.wait"
version = "1"
title = "Waiting"

[[metric]]
id = "wait"
table = "calls"
kind = "mean"
value = "wait_s"
unit = "seconds"
lower_is_better = true
title = "Average speed of answer"

[[item]]
id = "phone.wait"
area = "process"
touchpoints = ["phone"]
title = "Calls are answered fast"
check = "within-target"
with = { metric = "wait", target = 20 }
"""

AUDIT = """\
cxaudit = 1

[audit]
id = "bench.two-rows"
title = "Two calls"
client = "Nobody"
checklists = ["checklist.toml"]

[[unit]]
id = "shop"
name = "Shop"
kind = "organisation"
touchpoints = ["phone"]

[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
unit = "shop"
"""


PHASES = ("load", "run", "page")


class Trace:
    """The modules whose functions were executed outside any import, by phase."""

    def __init__(self) -> None:
        self.modules: dict[str, dict[str, str]] = {phase: {} for phase in PHASES}
        self.phase = PHASES[0]
        self._importing: list[FrameType] = []

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Take a call or a return, as `sys.setprofile` reports them."""
        code = frame.f_code
        if event == "call":
            if code.co_name == "<module>":
                self._importing.append(frame)
            elif not self._importing and is_function(code) and is_ours(code.co_filename):
                module = str(Path(code.co_filename).relative_to(ROOT))
                self.modules[self.phase].setdefault(module, code.co_qualname)
        elif event == "return" and self._importing and self._importing[-1] is frame:
            self._importing.pop()


def is_function(code: CodeType) -> bool:
    """Return whether code belongs to a function, not to a module or the body of a class."""
    return bool(code.co_flags & inspect.CO_NEWLOCALS and code.co_flags & inspect.CO_OPTIMIZED)


def is_ours(path: str) -> bool:
    """Return whether a file is a Python module of the project."""
    return path.startswith(CODE) and path.endswith(".py")


def modules_of_a_run() -> dict[str, dict[str, str]]:
    """Return by phase the modules that were gone through, and the first function of each.

    The interpreter must not have imported the project before.
    """
    trace = Trace()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "calls.csv").write_text(RECORDS, encoding="utf-8")
        (folder / "checklist.toml").write_text(CHECKLIST, encoding="utf-8")
        (folder / "audit.toml").write_text(AUDIT, encoding="utf-8")
        threading.setprofile(trace)  # statements of DuckDB run beside the main thread
        sys.setprofile(trace)
        try:
            from cxaudit import Session

            session = Session()
            audit = session.load(folder / "audit.toml")
            trace.phase = "run"
            result = session.run(audit)
            trace.phase = "page"
            page = session.render(result, "html")
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    assert "Average speed of answer" in str(page)
    assert not result.problems, result.problems
    return trace.modules


def main() -> None:
    modules = modules_of_a_run()
    listed: set[str] = set()
    for phase, called in modules.items():
        print(f"{phase}: {len(called)} modules, {len(called.keys() - listed)} of them first here")
        for module, function in called.items():
            if module not in listed:
                print(f"  {module:<50} {function}")
        listed |= called.keys()
    way = {module for phase in PHASES[1:] for module in modules[phase]}
    print(f"{len(listed)} in all; {len(way)} from the row to the page, once the audit is loaded")


if __name__ == "__main__":
    main()
