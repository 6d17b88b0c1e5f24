"""CPU seconds and memory of an audit by questions: many units, 100 items each, a case a unit.

Every tenth item is critical, every tenth is answered on a scale and every tenth by a time. Prints
what each stage of a run costs, what scoring alone costs and what each format costs; then what was
judged, so that nothing that fails goes unseen.

Run: ``python bench/answers.py [UNITS] [FORMAT ...]``; 1,000 units and json and json-compact by
default; with ``-`` no format.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from measure import cpu, peak

from cxaudit import Session
from cxaudit.plugin import AREAS, Event, State

ITEMS = 100
GOOD, MIDDLING, BAD = (
    f'{{ level = {level}, text = "{text}" }}'
    for level, text in ((1, "good"), (0.5, "middling"), (0, "bad"))
)
CURVE = 'curve = { kind = "linear", target = 120, limit = 300, better = "lower" }'
ANSWERS = {
    "yes-no": ('ask = { answer = "yes-no" }', ("yes", "no")),
    "levels": (
        f'ask = {{ answer = "levels", anchors = [ {GOOD}, {MIDDLING}, {BAD} ] }}',
        ("1", "0.5", "0"),
    ),
    "time": (
        f'ask = {{ answer = "time", {CURVE} }}',
        tuple(f"{minutes}:{seconds:02d}" for minutes in range(6) for seconds in range(60)),
    ),
}


def kind(number: int) -> str:
    return {3: "levels", 7: "time"}.get(number % 10, "yes-no")


def written(folder: Path, units: int) -> Path:
    """Write an audit whose units have a case each, all items answered but one in 200."""
    draw = random.Random(1)
    checklist = ["cxaudit = 1", "[checklist]", 'id = "house.shops"', 'version = "1"']
    checklist += ['title = "Shops"']
    for number in range(ITEMS):
        checklist += [
            "[[item]]",
            f'id = "i{number}"',
            f'title = "Item {number}"',
            f'area = "{AREAS[number % len(AREAS)]}"',
            'touchpoints = ["in-store"]',
            'per = "site"',
            ANSWERS[kind(number)][0],
            *(["critical = { fail_below = 0.5 }"] if number % 10 == 0 else []),
        ]
    (folder / "checklist.toml").write_text("\n".join(checklist))
    audit = ["cxaudit = 1", "[audit]", 'id = "house.visits"', 'title = "Visits"', 'client = "X"']
    audit += ['checklists = ["checklist.toml"]', 'cases = ["cases.csv"]']
    audit += ['answers = ["answers.csv"]', "[[unit]]", 'id = "root"', 'name = "Root"']
    audit += ['kind = "organisation"', 'zone = "UTC"', 'touchpoints = ["in-store"]']
    regions = max(1, units // 50)
    for number in range(regions):
        audit += ["[[unit]]", f'id = "r{number}"', f'name = "Region {number}"']
        audit += ['kind = "region"', 'parent = "root"']
    for number in range(units):
        audit += ["[[unit]]", f'id = "s{number}"', f'name = "Shop {number}"']
        audit += ['kind = "site"', f'parent = "r{number % regions}"']
    (folder / "audit.toml").write_text("\n".join(audit))
    with (folder / "cases.csv").open("w") as cases, (folder / "answers.csv").open("w") as answers:
        cases.write("id,unit,touchpoint,at,status\n")
        answers.write("item,case,unit,rater,value\n")
        for number in range(units):
            day = 1 + number % 28
            cases.write(f"c{number},s{number},in-store,2026-03-{day:02d} 10:00,final\n")
            for item in range(ITEMS):
                value = draw.choice(ANSWERS[kind(item)][1]) if draw.random() > 1 / 200 else ""
                answers.write(f"i{item},c{number},s{number},r{number % 7},{value}\n")
    return folder / "audit.toml"


def line(name: str, seconds: float) -> None:
    print(f"{name:<20} {seconds:7.2f} s {peak():8,.0f} MB", flush=True)


def main() -> None:
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    formats = sys.argv[2:] or ["json", "json-compact"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session = Session()
        start = cpu()
        audit = session.load(written(folder, units))
        print(f"{units:,} units, {ITEMS} items")
        stages = [("loading", start, 0.0)]

        def watch(event: Event) -> None:
            if event.kind == "stage":
                label, since, _ = stages[-1]
                line(label, cpu() - since)
                stages.append((event.stage, cpu(), peak()))

        result = session.run(audit, watch)
        start = cpu()
        session.rescore(result, "cxaudit-1")
        line("scoring again", cpu() - start)
        for form in formats:
            if form != "-":
                start = cpu()
                session.render(result, form, folder / f"out.{form}")
                line(form, cpu() - start)
    states = Counter(result.findings.state.tolist())
    counts = {State(state).label: number for state, number in sorted(states.items())}
    print(f"{len(result.answers):,} answers, {len(result.findings):,} findings: {counts}")
    assert not result.problems, result.problems[:3]
    judged = {state for state in states if State(state).scored or state == State.UNANSWERED}
    assert len(result.findings) == ITEMS * (units + max(1, units // 50) + 1)
    assert judged == states.keys(), "findings are neither scored nor unanswered"


if __name__ == "__main__":
    main()
