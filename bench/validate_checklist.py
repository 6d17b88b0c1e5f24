"""CPU time in which a checklist of 1,000 items is validated, as a process and inside one."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ITEM = """
[[item]]
id = "phone.item-{n}"
code = "P-{n}"
area = "{area}"
touchpoints = ["phone", "message"]
per = "site"
title = "Something about the call is as promised, number {n}"
fail_title = "It is not"
weight = {weight}
critical = {{ fail_below = 0.5 }}
guidance = {{ question = "Was it so?", counts = "When it was", does_not_count = "When not" }}
"""
ASK = """ask = { answer = "levels", method = "observe", evidence = "optional", anchors = [
  { level = 1.0, text = "fully" }, { level = 0.5, text = "half" }, { level = 0.0, text = "not" } ] }
"""
CHECK = """check = "within-target"
with = { metric = "bench.waits", target = "$limit", limit = 240 }
"""
AREAS = ("process", "roles", "interpersonal", "direction", "external")

TIMED = """
import sys, time
from pathlib import Path
started = time.process_time()
from cxaudit._checklists import load_checklist
from cxaudit.plugin import Check, Metric, Touchpoint, Table
SPECS = {
    "check": [Check(id="cxaudit.within-target", judge="a:b", settings={"type": "object",
        "required": ["metric"], "properties": {"metric": {"type": "string"},
        "target": {"type": "number"}, "limit": {"type": "number"}}})],
    "metric": [Metric(id="bench.waits", table="calls", kind="count")],
    "touchpoint": [Touchpoint(id="phone", title="Phone"), Touchpoint(id="message", title="M")],
}
class Registry:
    def of(self, kind):
        return {spec.id: spec for spec in SPECS.get(kind, [])}
    def get(self, kind, name):
        return self.of(kind)[name]
checklist = load_checklist(["big.toml"], folder=Path(sys.argv[1]), registry=Registry())
assert len(checklist.items) == 1000
print(time.process_time() - started)
"""


def cpu() -> float:
    """Return the CPU seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        items = "".join(
            ITEM.format(n=n, area=AREAS[n % 5], weight=1 + n % 4) + (ASK if n % 2 else CHECK)
            for n in range(1000)
        )
        head = 'cxaudit = 1\n[checklist]\nid = "bench"\nversion = "1"\ntitle = "Bench"\n'
        params = '[params.limit]\nquestion = "How long?"\nvalue = 60\n'
        Path(folder, "big.toml").write_text(head + params + items, "utf-8")
        validating, whole = [], []
        for _ in range(5):
            before = cpu()
            run = subprocess.run(
                [sys.executable, "-c", TIMED, folder], capture_output=True, check=True, text=True
            )
            whole.append(cpu() - before)
            validating.append(float(run.stdout))
        bare = []
        for _ in range(5):
            before = cpu()
            subprocess.run([sys.executable, "-c", "pass"], check=True)
            bare.append(cpu() - before)
    print(f"validate 1,000 items, imports included: {min(validating):.3f} s (at most 0.5 s)")
    print(f"whole process over bare Python: {min(whole) - min(bare):.3f} s")


if __name__ == "__main__":
    main()
