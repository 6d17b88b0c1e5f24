"""CPU time in which 1,000 typical expressions of checklists and mappings are read and typed."""

from __future__ import annotations

import random
import time

from cxaudit._expressions import parse

COLUMNS = {
    "wait_s": "number",
    "talk_s": "number",
    "direction": "text",
    "reason": "text",
    "answered": "boolean",
    "offered_at": "time",
    "answered_at": "time",
}
PARAMETERS = {"limit": 240.0, "queue": "sales"}
TYPICAL = (
    "wait_s <= $limit + {n}",
    "direction = 'in' and answered and wait_s between 0 and {n}",
    "seconds_between(offered_at, answered_at)",
    "case when answered then wait_s when wait_s > {n} then {n} else 0 end",
    "coalesce(wait_s, 0) + coalesce(talk_s, 0) > {n} and not reason like '%test{n}%'",
    "reason in ('refund', 'delivery', 'visit {n}') and weekday(offered_at) < 6",
    "lower(trim(reason)) = lower($queue) or reason is null",
    "hour(offered_at) >= 9 and hour(offered_at) < 18 and talk_s / wait_s > {n}",
)


def main() -> None:
    draw = random.Random(1)
    texts = [draw.choice(TYPICAL).format(n=draw.randrange(1, 600)) for _ in range(1000)]
    parse(texts[0], COLUMNS, PARAMETERS)
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for text in texts:
            parse(text, COLUMNS, PARAMETERS)
        rounds.append(time.process_time() - started)
    characters = sum(map(len, texts))
    print(f"1,000 expressions, {characters:,} characters: {min(rounds):.3f} s of CPU")


if __name__ == "__main__":
    main()
