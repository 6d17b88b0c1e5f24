"""Settings that validate never end as an error of a check, whatever is measured."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxaudit import Session
from cxaudit.errors import ChecklistError
from cxaudit.plugin import State
from cxaudit.testing import check_request, measurement, run_check

HEAD = """cxaudit = 1
[checklist]
id = "ferry.deck"
version = "1"
title = "Ferries"
[params.open]
question = "How long?"
[params.agreed]
question = "How long?"
value = 30
[params.words]
question = "How long?"
type = "text"
value = "long"
"""
KINDS = {
    "share": "value = 'wait_s > 5'",
    "mean": "value = 'wait_s'",
    "count": "",
    "quantile": "value = 'wait_s'\nquantile = 0.5",
    "net_score": "positive = 'wait_s < 5'\nnegative = 'wait_s > 50'",
    "censored_quantile": "value = 'wait_s'\nevent = 'talk_s > 0'\nquantile = 0.5",
}
NUMBERS = st.sampled_from([0, 1, 0.5, 20, -1, 120, 0.9, 1e9, "$open", "$agreed", "$words"])
BANDS = st.fixed_dictionaries(
    {"score": st.sampled_from([1, 0.5, 0, "$open", "$agreed"])}, optional={"limit": NUMBERS}
)
CURVES = st.fixed_dictionaries(
    {"metric": st.just("a")},
    optional={
        "target": NUMBERS,
        "limit": NUMBERS,
        "kind": st.sampled_from(["threshold", "linear", "log-normal", "bands"]),
        "better": st.sampled_from(["lower", "higher"]),
        "min_n": st.sampled_from([1, 30, "$open", "$agreed"]),
        "bands": st.lists(BANDS, min_size=1, max_size=3),
    },
)
USES = {
    "within-target": CURVES,
    "compare": st.builds(
        lambda curve, by: {**curve, "against": "b", "by": by},
        CURVES,
        st.sampled_from(["difference", "ratio"]),
    ),
    "evidence-present": st.fixed_dictionaries(
        {"metric": st.just("a")}, optional={"at_least": NUMBERS}
    ),
}


@pytest.fixture(scope="module")
def session():
    return Session()


def toml(value):
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml(part)}' for key, part in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)


def measured(kind, value):
    statistics = {"level": 0.5, "le:0.5": 5, "le:30.0": 9, "n": 10}
    if kind == "censored_quantile" and value is None:
        statistics["beyond"] = 40.0
    ends = (None, None) if value is None else (value - 0.1, value + 0.1)
    return measurement(value, low=ends[0], high=ends[1], n=10, kind=kind, statistics=statistics)


@pytest.mark.parametrize("check", USES)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_validates_is_judged(session, tmp_path, check, data):
    kinds = {name: data.draw(st.sampled_from([*KINDS])) for name in ("a", "b")}
    directions = ["", "lower_is_better = true", "lower_is_better = false"]
    metrics = [
        f'[[metric]]\nid = "{name}"\ntable = "calls"\nkind = "{kind}"\n{KINDS[kind]}\n'
        f"{data.draw(st.sampled_from(directions))}\n"
        for name, kind in kinds.items()
    ]
    item = (
        '[[item]]\nid = "phone.wait"\ntitle = "Waits"\narea = "process"\ntouchpoints = ["phone"]\n'
        f'check = "{check}"\nwith = {toml(data.draw(USES[check]))}\n'
    )
    (tmp_path / "ferry.toml").write_text("".join((HEAD, *metrics, item)), "utf-8")
    try:
        checklist = session.load_checklist(tmp_path / "ferry.toml")
    except ChecklistError:
        return
    use = checklist.items[0].check
    spec = session.registered("check")[use.check]
    directions = {metric.id: metric.lower_is_better for metric in checklist.metrics}
    names = {setting: use.settings[setting] for setting in spec.metrics}
    values = st.sampled_from([None, 0.0, 0.3, 1.0, 30.0, 50.0, 1e9])
    request = check_request(
        {setting: measured(kinds[name], data.draw(values)) for setting, name in names.items()},
        settings=use.settings,
        lower_is_better={setting: directions[name] for setting, name in names.items()},
    )
    assert run_check(session.resolve(spec.judge), request).state is not State.ERROR
