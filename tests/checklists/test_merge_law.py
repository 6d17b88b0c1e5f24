"""The merge law: bases left to right, own items, tailor in file order; origins kept."""

from __future__ import annotations

import pickle
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._checklists import load_checklist
from cxaudit._checklists.documents import Document
from cxaudit._checklists.layers import Layer
from cxaudit._checklists.merging import Entry
from cxaudit.errors import ChecklistError

WHY = 'rationale = "It matters more here"\n'


def head(name, *extends, language="en"):
    names = ", ".join(f'"{each}"' for each in extends)
    return (
        f'cxaudit = 1\n[checklist]\nid = "{name}"\nversion = "1"\ntitle = "{name}"\n'
        f'language = "{language}"\nextends = [{names}]\n'
    )


def rule(name, rest):
    return (
        f'[[item]]\nid = "{name}"\narea = "process"\ntouchpoints = ["phone"]\n'
        f'title = "{name}"\n{rest}\n'
    )


def ask(name, rest=""):
    return rule(name, f'ask = {{ answer = "yes-no" }}\n{rest}')


@pytest.fixture
def load(tmp_path, registry):
    def load(*names, parameters=None, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.toml").write_text(text, "utf-8")
        locations = names or (f"{list(files)[-1]}.toml",)
        return load_checklist(
            list(locations), folder=tmp_path, registry=registry, parameters=parameters
        )

    return load


def test_items_come_bases_first_then_own(load):
    checklist = load(
        left=head("left") + ask("left.one"),
        right=head("right") + ask("right.one"),
        top=head("top", "left.toml", "right.toml") + ask("own.one"),
    )
    assert [item.id for item in checklist.items] == ["left.one", "right.one", "own.one"]
    assert checklist.id == "top"


def test_tables_merge_by_key_and_arrays_replace(load):
    checklist = load(
        base=head("base")
        + ask(
            "phone.a",
            'lens = { be-sure = ["brand"] }\n'
            'guidance = { question = "Was it?", counts = "Yes" }\ncritical = { fail_below = 0.5 }',
        ),
        top=head("top", "base.toml")
        + '[[tailor]]\nitem = "phone.*"\ntouchpoints = ["message", "online"]\n'
        'lens = { be-sure = ["ease"] }\nguidance = { counts = "Only then" }\n',
    )
    item = checklist.item("phone.a")
    assert item.touchpoints == ("message", "online")
    assert item.lenses == {"be-sure": ("ease",)}
    assert str(item.guidance.question) == "Was it?"
    assert str(item.guidance.counts) == "Only then"
    assert item.critical.fail_below == 0.5


def test_later_tailors_win_in_file_order(load):
    checklist = load(
        base=head("base") + ask("phone.a") + ask("phone.b"),
        top=head("top", "base.toml")
        + '[[tailor]]\nitem = "phone.*"\nweight = 2\n'
        + WHY
        + '[[tailor]]\nitem = "phone.a"\nweight = 3\n'
        + WHY,
    )
    assert [item.weight for item in checklist.items] == [3.0, 2.0]


def test_a_file_extended_twice_counts_once_and_keeps_both_tailors(load):
    """In a diamond the left side's change survives the right side's silence."""
    checklist = load(
        base=head("base") + ask("phone.a"),
        left=head("left", "base.toml") + '[[tailor]]\nitem = "phone.a"\nweight = 2\n' + WHY,
        right=head("right", "base.toml") + '[[tailor]]\nitem = "phone.a"\ncode = "P-1"\n',
        top=head("top", "left.toml", "right.toml"),
    )
    assert [item.id for item in checklist.items] == ["phone.a"]
    assert (checklist.items[0].weight, checklist.items[0].code) == (2.0, "P-1")


def test_a_tailor_reaches_only_what_its_file_extends(load):
    checklist = load(
        left=head("left") + ask("phone.left"),
        right=head("right")
        + ask("phone.right")
        + '[[tailor]]\nitem = "phone.*"\nweight = 5\n'
        + WHY,
        top=head("top", "left.toml", "right.toml"),
    )
    assert {item.id: item.weight for item in checklist.items} == {
        "phone.left": 1.0,
        "phone.right": 5.0,
    }


def test_an_exclusion_keeps_the_item_with_its_rationale_and_can_be_taken_back(load):
    base = head("base") + ask("phone.a")
    out = (
        head("out", "base.toml")
        + '[[tailor]]\nitem = "phone.*"\nexclude = true\nrationale = "No phone"\n'
    )
    checklist = load(base=base, out=out)
    assert checklist.item("phone.a").excluded == "No phone"
    assert checklist.item("phone.a").origins["excluded"].checklist == "out"
    back = head("back", "out.toml") + '[[tailor]]\nitem = "phone.a"\nexclude = false\n'
    assert load(base=base, out=out, back=back).item("phone.a").excluded is None


def test_a_check_becomes_an_ask_and_an_ask_a_check(load):
    checklist = load(
        base=head("base")
        + ask("phone.a")
        + ask("phone.b").replace(
            'ask = { answer = "yes-no" }',
            'check = "within-target"\nwith = { metric = "phone.wait.p90", target = 3 }',
        ),
        top=head("top", "base.toml") + '[[tailor]]\nitem = "phone.b"\nask = { answer = "yes-no" }\n'
        '[[tailor]]\nitem = "phone.a"\ncheck = "within-target"\n'
        'with = { metric = "phone.wait.p90", target = 9 }\n'
        'rationale = "Records are there now"\n',
    )
    assert checklist.item("phone.b").check is None
    assert checklist.item("phone.b").ask.answer == "yes-no"
    assert not [name for name in checklist.item("phone.b").origins if name.startswith("with")]
    assert checklist.item("phone.a").ask is None
    assert checklist.item("phone.a").check.settings == {
        "metric": "cxaudit.phone.wait.p90",
        "target": 9,
    }


def test_another_kind_of_answer_drops_what_belonged_to_the_old_one(load):
    levels = (
        'ask = { answer = "levels", evidence = "required", anchors = ['
        '{ level = 1, text = "a" }, { level = 0, text = "b" }] }'
    )
    checklist = load(
        base=head("base") + ask("phone.a").replace('ask = { answer = "yes-no" }', levels),
        top=head("top", "base.toml")
        + '[[tailor]]\nitem = "phone.a"\nask = { answer = "yes-no" }\n',
    )
    assert checklist.item("phone.a").ask.anchors == ()
    assert checklist.item("phone.a").ask.evidence == "required"


def test_every_field_says_where_it_was_written(load, tmp_path):
    checklist = load(
        base=head("base") + ask("phone.a", "guidance = { counts = 'x', where = 'y' }"),
        top=head("top", "base.toml")
        + '[[tailor]]\nitem = "phone.*"\nweight = 2\n'
        + WHY
        + 'guidance.where = "z"\n',
    )
    origins = checklist.item("phone.a").origins
    assert (origins["area"].checklist, origins["area"].line) == ("base", 10)
    assert (origins["weight"].checklist, origins["weight"].line) == ("top", 10)
    assert (origins["guidance.counts.en"].line, origins["guidance.where.en"].line) == (14, 12)
    assert origins["weight"].file == str(tmp_path / "top.toml")
    copy = pickle.loads(pickle.dumps(checklist))
    assert dict(copy.item("phone.a").origins) == dict(origins)


def test_a_checklist_in_another_language_translates_what_it_tailors(load):
    checklist = load(
        base=head("base") + ask("phone.a"),
        top=head("top", "base.toml", language="de")
        + '[[tailor]]\nitem = "phone.a"\ntitle = "Anrufe"\n',
    )
    assert checklist.item("phone.a").title.languages == {"en": "phone.a", "de": "Anrufe"}


def test_several_locations_merge_left_to_right(load):
    checklist = load(
        "one.toml",
        "two.toml",
        one=head("one") + ask("phone.one") + "[scoring]\nmin_coverage = 0.5\nweights.process = 2\n",
        two=head("two") + ask("phone.two") + "[scoring]\nweights = { external = 3 }\n",
    )
    assert [item.id for item in checklist.items] == ["phone.one", "phone.two"]
    assert checklist.id == "one+two"
    assert checklist.min_coverage == 0.5
    assert checklist.area_weights == {"process": 2.0, "external": 3.0}
    assert len(checklist.digests) == 2


def test_a_registered_checklist_is_read_from_its_package(load, tmp_path, monkeypatch):
    package = tmp_path / "lib" / "shipped"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "mini.toml").write_text(head("cxaudit.pride-mini", "part.toml") + ask("phone.a"))
    (package / "part.toml").write_text(head("part") + ask("phone.part"))
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    checklist = load(top=head("top", "pride-mini") + ask("phone.own"))
    assert [item.id for item in checklist.items] == ["phone.part", "phone.a", "phone.own"]
    assert checklist.item("phone.a").origins["id"].file == "shipped/mini.toml"


def test_windows_lines_and_byte_order_mark_change_nothing(tmp_path, registry):
    text = head("plain") + ask("phone.a")
    (tmp_path / "windows.toml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    checklist = load_checklist(["windows.toml"], folder=tmp_path, registry=registry)
    assert checklist.item("phone.a").origins["title"].line == 12


def test_problems_of_all_files_come_together(load):
    with pytest.raises(ChecklistError) as caught:
        load(
            base=head("base") + ask("phone.a", "weight = 0"),
            top=head("top", "base.toml") + ask("phone.b", "wieght = 1"),
        )
    assert [problem.path for problem in caught.value.problems] == [
        "item[0].wieght",
        "item[0].weight",
    ]


LEAVES = st.integers() | st.text(string.ascii_lowercase, max_size=3) | st.lists(st.integers())
TABLES = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inside: st.dictionaries(st.sampled_from("abc"), LEAVES | inside, max_size=3),
    max_leaves=8,
)


def merged(*tables):
    """The law in four lines, the reference."""

    def two(old, new):
        if not (isinstance(old, dict) and isinstance(new, dict)):
            return new
        return {**old, **{key: two(old.get(key), value) for key, value in new.items()}}

    result = {}
    for table in tables:
        result = two(result, table)
    return result


@given(st.lists(TABLES, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_merging_follows_the_law_and_every_value_has_one_source(tables):
    layers = [Layer(Document(f"{n}.toml", "", {}), frozenset()) for n, _ in enumerate(tables)]
    entry = Entry(layers[0], ())
    for layer, table in zip(layers, tables, strict=True):
        entry.put(table, layer, ())
    assert entry.values == merged(*tables)

    def leaves(value, path=()):
        if not isinstance(value, dict) or not value:
            return {path: value} if path else {}
        return {
            p: v for key, inner in value.items() for p, v in leaves(inner, (*path, key)).items()
        }

    for path, value in leaves(entry.values).items():
        layer, written = entry.sources[path]
        found = tables[layers.index(layer)]
        for step in written:
            found = found[step]
        assert found == value


WAIT = (
    'check = "within-target"\nweight = 2\n'
    'with = { metric = "phone.wait.p90", target = 30, limit = 90 }'
)


def test_what_decides_a_score_keeps_its_original_and_the_last_rationale(load):
    house = '[[tailor]]\nitem = "phone.a"\nweight = 3\nwith = { target = 20 }\n' + WHY
    brand = '[[tailor]]\nitem = "phone.*"\nwith = { target = 10 }\nrationale = "A promise"\n'
    (item,) = load(
        base=head("base") + rule("phone.a", WAIT),
        house=head("house", "base.toml") + house,
        brand=head("brand", "house.toml") + brand,
    ).items
    found = {each.field: (each.value, each.original, each.rationale) for each in item.tailored}
    assert found == {
        "weight": (3.0, 2.0, "It matters more here"),
        "with.target": (10.0, 30.0, "A promise"),
    }


def test_a_target_of_another_metric_or_answer_has_no_original(load):
    (item,) = load(
        base=head("base") + ask("phone.a"),
        top=head("top", "base.toml") + '[[tailor]]\nitem = "phone.a"\ncheck = "within-target"\n'
        'with = { metric = "phone.wait.p90", target = 9 }\n' + WHY,
    ).items
    ((change),) = item.tailored
    assert (change.field, change.value, change.original) == ("with.target", 9.0, None)


def test_other_changes_need_no_rationale_and_are_not_kept(load):
    (item,) = load(
        base=head("base") + rule("phone.a", WAIT),
        top=head("top", "base.toml")
        + '[[tailor]]\nitem = "phone.a"\ntitle = "Waits"\nwith = { min_n = 9 }\n'
        'rationale = "Said better"\n',
    ).items
    assert item.tailored == ()


@pytest.mark.parametrize(
    ("change", "path", "what"),
    [
        ("weight = 3", "tailor[0].weight", "weight"),
        ("with = { target = 3, limit = 9 }", "tailor[0].with.target", "target and limit"),
        ("with.bands = [{ score = 1 }]", "tailor[0].with.bands", "bands"),
        (
            'ask = { answer = "time", curve = { target = 3, limit = 9 } }',
            "tailor[0].ask.curve.target",
            "target and limit",
        ),
    ],
)
def test_a_change_of_what_decides_a_score_needs_a_rationale(load, change, path, what):
    with pytest.raises(ChecklistError) as seen:
        load(
            base=head("base") + rule("phone.a", WAIT),
            top=head("top", "base.toml") + f'[[tailor]]\nitem = "phone.a"\n{change}\n',
        )
    (problem,) = seen.value.problems
    assert (problem.path, problem.message) == (path, f"A change of {what} needs a rationale.")
    assert problem.line is not None
