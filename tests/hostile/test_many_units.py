"""Quantile intervals of many units are asked for in batches, and each unit gets its own."""

from __future__ import annotations

import random

import numpy as np
import pytest

from cxaudit._audit.measuring.statistics import quantile_levels
from cxaudit.session import Session

AUDIT = """\
cxaudit = 1
[audit]
id = "acme.x"
title = "T"
client = "C"
language = "en"
checklists = ["c.toml"]
units = "units.csv"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.calls.columns]
call_id = "id"
wait_s = "number(wait)"
unit = "shop"
"""
CHECKLIST = """\
cxaudit = 1
[checklist]
id = "acme.c"
version = "1"
title = "C"
language = "en"
[[metric]]
id = "acme.q"
title = "Wait"
table = "calls"
kind = "quantile"
quantile = 0.9
value = "wait_s"
unit = "seconds"
[[item]]
id = "phone.q"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Q"
check = "within-target"
with = { metric = "acme.q", target = 10, limit = 90, better = "lower" }
"""


def test_intervals_of_quantiles_in_150_units(tmp_path):
    draw = random.Random(3)
    rows = [(n, draw.randrange(150), draw.randrange(90)) for n in range(6000)]
    units = "".join(f"s{n},S{n},site,u,\n" for n in range(150))
    calls = "".join(f"{n},{wait},s{shop}\n" for n, shop, wait in rows)
    files = {
        "audit.toml": AUDIT,
        "c.toml": CHECKLIST,
        "units.csv": f"id,name,kind,parent,zone\nu,U,organisation,,Europe/Paris\n{units}",
        "calls.csv": f"id,wait,shop\n{calls}",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    session = Session()
    result = session.run(session.load(tmp_path / "audit.toml"))
    assert len(result.measurements) == 151
    for found in result.measurements:
        waits = [wait for _, shop, wait in rows if found.unit in {"u", f"s{shop}"}]
        assert found.n == len(waits)
        levels = quantile_levels(len(waits), 0.9)
        expected = [None if level is None else float(np.quantile(waits, level)) for level in levels]
        assert [found.low, found.high] == pytest.approx(expected)
