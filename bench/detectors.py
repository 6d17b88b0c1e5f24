"""How many megabytes of text detectors look through in a CPU second.

Seeded messages are made in a temporary folder: sentences of common words, among them some that the
phrases name and some that only look like it. One audit has four lists of ten phrases, the other the
detectors of what agents say as well, which are functions. Goal, own phrases: 40 MB a CPU second.

    python bench/detectors.py [--messages 100000]
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import duckdb
from measure import Stages

from cxaudit import Session

TEXT = """
the order parcel was late please check my invoice number because it does not match what you wrote
yesterday and the shop told me something else about delivery time card address refund\u5e97 phone
call agent website screen button price fault repair
"""
SENTENCES = (
    "Hello and good morning,",
    "Thank you for your message.",
    "I am sorry that this happened to you.",
    "Unfortunately we cannot do that.",
    "You should have read the terms.",
    "Can you help me?",
    "It still does not work.",
    "Kind regards",
)
PHRASES = {
    "wait": "late|too long|still waiting|never came|nobody|not yet|delay|waiting for|overdue|queue",
    "money": "refund|charged twice|pay back|my money|price was|discount|voucher|bill|fee|credit",
    "fault": "does not work|broken|fault code|will not start|not charge|error|defect|crack|dead",
    "leave": "cancel|another company|never again|lawyer|complaint|ombudsman|terminate|leave|end|go",
}
FUNCTIONS = ("greeting", "thanks", "acknowledgement", "blame", "cannot")
VARIETY = 20_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--messages", type=int, default=100_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        size = make_messages(folder / "messages.parquet", options.messages)
        print(f"{options.messages:,} messages, {size:.1f} MB of text")
        for name, functions in (("phrases", ()), ("phrases and functions", FUNCTIONS)):
            seconds = detecting(write_audit(folder, functions))
            print(f"  {name:<24}{seconds:>7.2f} CPU s{size / seconds:>8.1f} MB/s")


def detecting(audit_file: Path) -> float:
    """Run an audit, and return the CPU seconds of its detectors."""
    session = Session()
    audit = session.load(audit_file)
    stages = Stages()
    result = session.run(audit, stages)
    assert not result.problems, result.problems
    states = {finding.state.label: finding.reason for finding in result.findings}
    assert states.keys() <= {"met", "not_met"}, states
    return stages.seconds()["detecting"]


def make_messages(path: Path, count: int, seed: int = 3) -> float:
    """Write messages, and return how many megabytes of text they hold."""
    draw = random.Random(seed)
    words, bodies = TEXT.split(), []
    for _ in range(VARIETY):
        parts = [" ".join(draw.choices(words, k=draw.randint(8, 40))) + "."]
        for sentence in draw.sample(SENTENCES, draw.choice((0, 0, 0, 1, 2, 3))):
            parts.insert(draw.randint(0, len(parts)), sentence)
        bodies.append(" ".join(parts))
    connection = duckdb.connect()
    connection.execute("CREATE TABLE bodies AS SELECT unnest($1::VARCHAR[]) AS body", [bodies])
    connection.execute(
        "CREATE TABLE messages AS SELECT 'm' || i AS message_id, 't' || (i // 6) AS thread_id, "
        "CASE WHEN i % 2 = 0 THEN 'customer' ELSE 'agent' END AS author_role, 'email' AS channel, "
        "TIMESTAMP '2026-01-01' + to_seconds(i * 60) AS sent_at, body FROM range($1) AS n(i) "
        "JOIN bodies ON bodies.rowid = (i * 7919) % $2 ORDER BY i",
        [count, VARIETY],
    )
    connection.execute(f"COPY messages TO '{path}' (FORMAT parquet)")
    size = connection.execute("SELECT sum(strlen(body)) FROM messages").fetchone()
    assert size is not None
    return float(size[0]) / 1e6


def write_audit(folder: Path, functions: tuple[str, ...]) -> Path:
    """Write an audit with a share for each list of phrases, and for each function."""
    lists = ", ".join(f"{name} = {phrases.split('|')}" for name, phrases in PHRASES.items())
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.words"', 'version = "1"']
    checklist += ['title = "Words"', "[[detector]]", 'id = "words"', 'table = "messages"']
    checklist += ['column = "body"', f"phrases = {{ {lists} }}"]
    shares = {name: f"has_hit('words', '{name}')" for name in PHRASES}
    shares |= {name: f"has_hit('cxaudit.{name}')" for name in functions}
    for name, value in shares.items():
        checklist += ["[[metric]]", f'id = "m.{name}"', 'table = "messages"', 'kind = "share"']
        checklist += [f'value = "{value}"', "[[item]]", f'id = "i.{name}"', f'title = "{name}"']
        checklist += ['area = "process"', 'touchpoints = ["message"]', 'check = "within-target"']
        checklist += [f'with = {{ metric = "m.{name}", target = 0.5, better = "lower" }}']
    (folder / "words.toml").write_text("\n".join(checklist), encoding="utf-8")
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["words.toml"]', "[[unit]]", 'id = "shop"', 'name = "Shop"']
    audit += ['kind = "organisation"', 'zone = "UTC"', 'touchpoints = ["message"]']
    audit += ["[sources.messages]", 'reader = "parquet"', 'table = "messages"']
    audit += ['path = "messages.parquet"', 'unit = "shop"', 'zone = "UTC"']
    (folder / "audit.toml").write_text("\n".join(audit), encoding="utf-8")
    return folder / "audit.toml"


if __name__ == "__main__":
    main()
