"""Parameters, curves, settings, weights, notes, and the schema for editors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._checklists import effective_weights, explain, lint, load_checklist, schema
from cxaudit._checklists.validation import inlined, published_schema
from cxaudit._model.text import Text
from cxaudit.errors import ChecklistError, UnknownNameError

HEAD = 'cxaudit = 1\n[checklist]\nid = "quay"\nversion = "1"\ntitle = "Quay"\n'


def item(name="phone.a", rest='ask = { answer = "yes-no" }', area="process", title='"A title"'):
    return (
        f'[[item]]\nid = "{name}"\narea = "{area}"\ntouchpoints = ["phone"]\n'
        f"title = {title}\n{rest}\n"
    )


@pytest.fixture
def load(tmp_path, registry):
    def load(text, parameters=None):
        (tmp_path / "quay.toml").write_text(HEAD + text, "utf-8")
        return load_checklist(
            ["quay.toml"], folder=tmp_path, registry=registry, parameters=parameters
        )

    return load


PARAM = '[params.reply-hours]\nquestion = "How many hours?"\n'
WITHIN = (
    'check = "within-target"\nwith = { metric = "phone.wait.p90", target = "$reply-hours", '
    "limit = 24 }"
)


def test_a_parameter_is_put_in_and_what_was_written_is_kept(load):
    use = load(PARAM + "value = 8\n" + item(rest=WITHIN)).items[0].check
    assert use.check == "cxaudit.within-target"
    assert use.settings == {"metric": "cxaudit.phone.wait.p90", "target": 8, "limit": 24}
    assert use.written["target"] == "$reply-hours"


def test_an_unanswered_parameter_is_none_and_no_error(load):
    checklist = load(PARAM + item(rest=WITHIN))
    assert checklist.items[0].check.settings["target"] is None
    assert checklist.parameters["reply-hours"].value is None


def test_a_given_value_overrides_the_file_with_its_basis(load):
    given = {"reply-hours": {"value": 4, "basis": "promise", "agreed_by": "Head of service"}}
    parameter = load(PARAM + "value = 8\n" + item(rest=WITHIN), given).parameters["reply-hours"]
    assert (parameter.value, parameter.basis) == (4, "promise")
    assert parameter.agreed_by == "Head of service"


def test_titles_of_touchpoints_and_lenses_that_plugins_register_come_along(load):
    """A saved result is read where the plugin may be missing."""
    checklist = load(
        item(rest='ask = { answer = "yes-no" }\nlens = { be-sure = ["brand"], own = ["a"] }')
        + '[[lens]]\nid = "own"\ntitle = "Ours"\nkeys = { a = "A" }\n'
    )
    assert {each.id: each.title for each in checklist.touchpoints} == {"phone": "Phone"}
    assert {each.id: each.title for each in checklist.lenses} == {
        "own": "Ours",
        "be-sure": "BE SURE",
    }


@pytest.mark.parametrize("value", ["8", True])
def test_a_given_value_of_the_wrong_type_is_refused(load, value):
    with pytest.raises(ChecklistError, match="must be a number"):
        load(PARAM + item(rest=WITHIN), {"reply-hours": value})


@pytest.mark.parametrize(
    ("curve", "value", "score"),
    [
        ("{ target = 30, limit = 180 }", 105, 0.5),
        ("{ target = 90, limit = 50 }", 80, 0.75),
        ('{ target = 30, better = "lower" }', 31, 0.0),
        (
            "{ bands = [{ limit = 13, score = 1 }, { limit = 27, score = 0.5 }, { score = 0 }] }",
            20,
            0.5,
        ),
        (
            "{ bands = [{ limit = 9, score = 1 }, { limit = 5, score = 0.5 }, { score = 0 }] }",
            9,
            1.0,
        ),
    ],
)
def test_a_curve_takes_its_direction_from_target_and_limit(load, curve, value, score):
    checklist = load(item(rest=f'ask = {{ answer = "number", curve = {curve} }}'))
    assert checklist.items[0].ask.curve.score(value) == pytest.approx(score)


def test_a_curve_without_its_target_stays_open(load):
    rest = 'ask = { answer = "time", curve = { target = "$reply-hours", limit = 180 } }'
    ask = load(PARAM + item(rest=rest)).items[0].ask
    assert ask.curve is None
    assert ask.curve_settings == {"target": "$reply-hours", "limit": 180}
    assert load(PARAM + "value = 30\n" + item(rest=rest)).items[0].ask.curve.target == 30


def test_effective_weights_follow_items_then_areas(load):
    """Worked by hand: process 2/(2+2) x 2/3, interpersonal 1 x 1/3; others have no part."""
    checklist = load(
        "[scoring]\nweights = { process = 2, external = 9 }\n"
        + item("phone.a", 'weight = 2\nask = { answer = "yes-no" }')
        + item("phone.b", 'weight = 2\nask = { answer = "yes-no" }')
        + item("phone.c", area="interpersonal")
        + item("phone.law", 'critical = { compliance = true }\nask = { answer = "yes-no" }')
        + item("phone.nps", 'role = "outcome"\nask = { answer = "yes-no" }', area="external")
        + item("phone.out", area="interpersonal")
        + '[[tailor]]\nitem = "phone.out"\nexclude = true\nrationale = "Not here"\n'
    )
    assert effective_weights(checklist) == pytest.approx(
        {"phone.a": 1 / 3, "phone.b": 1 / 3, "phone.c": 1 / 3}
    )
    assert explain(checklist, "phone.law").effective_weight is None


def test_explain_names_value_and_place_of_each_field(load, tmp_path):
    checklist = load(PARAM + "value = 8\n" + item(rest=WITHIN))
    fields = {field.name: field for field in explain(checklist, "phone.a").fields}
    assert fields["with.target"].value == 8
    assert str(fields["with.target"].origin) == f"{tmp_path / 'quay.toml'}:15"
    assert fields["title"].value == "A title"
    assert fields["check"].value == "cxaudit.within-target"
    with pytest.raises(UnknownNameError) as caught:
        explain(checklist, "phone.b")
    assert "phone.a" in caught.value.hint


def test_notes_name_weight_languages_and_guidance(load):
    full = (
        'guidance = { question = "q", where = "w", counts = "c", does_not_count = "d" }\n'
        'ask = { answer = "yes-no" }'
    )
    many = "".join(item(f"phone.n{n}", full) for n in range(30))
    notes = lint(load(many + item("phone.x", title='{ en = "A", de = "B" }')))
    untranslated = [note for note in notes if note.path == "phone.n0.title"]
    assert [note.message for note in untranslated] == ["The text has no translation into de."]
    assert [n.message for n in notes if n.path == "phone.x.guidance"] == [
        "The item has no guidance on question, where, counts, does_not_count."
    ]
    assert not [note for note in notes if note.path.endswith(".weight")]
    heavy = lint(load(item()))
    assert "100.0%" in next(note.message for note in heavy if note.path == "phone.a.weight")


def test_published_schemas_are_schemas_and_describe_every_key():
    for name in ("checklist-1.schema.json", "audit-1.schema.json"):
        whole = published_schema(name)
        jsonschema.Draft202012Validator.check_schema(whole)
        for definition in [whole, *whole["$defs"].values()]:
            for key, inside in definition.get("properties", {}).items():
                assert "description" in inside or "$ref" in inside, f"{name}: {key}"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 0.5, 1.0, 2, 99, "", "a", "A b", "$x", "process", "yes-no"])
    | st.just([]),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["en", "target", "level", "text", "x y"]), inside, max_size=2
        )
    ),
    max_leaves=4,
)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_schema_with_its_references_put_in_accepts_the_same(data):
    """For items with any one key changed to anything."""
    published = published_schema("checklist-1.schema.json")
    short = inlined(published)["properties"]["item"]["items"]
    sound = {
        "id": "phone.a",
        "area": "process",
        "touchpoints": ["phone"],
        "title": {"en": "A"},
        "weight": 2,
        "critical": {"fail_below": 0.5},
        "ask": {"answer": "number", "raters": 2, "curve": {"target": "$x", "limit": 3}},
    }
    whole = {**published["properties"]["item"]["items"], "$defs": published["$defs"]}
    key = data.draw(st.sampled_from([*sorted(short["properties"]), "odd"]))
    changed = {**sound, key: data.draw(VALUES)}
    by_whole, by_short = map(jsonschema.Draft202012Validator, (whole, short))
    assert by_short.is_valid(sound)
    assert by_short.is_valid(changed) == by_whole.is_valid(changed)


def test_the_editor_schema_knows_the_checks_and_their_settings(registry):
    whole = schema(registry)
    jsonschema.Draft202012Validator.check_schema(whole)
    validator = jsonschema.Draft202012Validator(whole)

    def errors(check, settings):
        entry = {
            "id": "a",
            "area": "process",
            "touchpoints": ["phone"],
            "title": "A",
            "check": check,
            "with": settings,
        }
        head = {"id": "a", "version": "1", "title": "A"}
        return list(validator.iter_errors({"cxaudit": 1, "checklist": head, "item": [entry]}))

    assert not errors("within-target", {"metric": "m", "target": "$reply-hours"})
    assert not errors("cxaudit.within-target", {"metric": "m", "target": 4})
    assert errors("within-target", {"metric": "m", "target": "soon"})
    assert errors("within-target", {"metric": "m", "targett": 4})
    assert errors("within-taget", {"metric": "m"})
    assert published_schema("checklist-1.schema.json")["$defs"]["check"].get("enum") is None


def test_answers_alone_load_no_expression_parser(tmp_path):
    (tmp_path / "quay.toml").write_text(HEAD + item())
    code = (
        "import sys; from pathlib import Path; from cxaudit._checklists import load_checklist\n"
        "from cxaudit.plugin import Touchpoint\n"
        "class R:\n"
        "    def of(self, kind): return {'phone': Touchpoint(id='phone', title='P')}\n"
        "    def get(self, kind, name): return self.of(kind)[name]\n"
        "load_checklist(['quay.toml'], folder=Path(sys.argv[1]), registry=R())\n"
        "print([m for m in ('duckdb', 'tree_sitter') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, cxaudit._checklists\n"
        "print([m for m in ('jsonschema', 'tomli', 'tree_sitter') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("hostile", ["$a b", "$", "${x}", "a$b", "$$x"])
def test_texts_that_only_look_like_parameters(load, hostile):
    """A title with a dollar sign is a title; a setting is a parameter only when it is `$name`."""
    assert str(load(item(title=f'"{hostile}"')).items[0].title) == hostile


def test_a_missing_file_is_a_problem_without_traceback(registry):
    with pytest.raises(ChecklistError) as caught:
        load_checklist(["none.toml", "nobody"], folder=Path("/nonexistent"), registry=registry)
    assert len(caught.value.problems) == 2


SAID = (
    PARAM + '[[metric]]\nid = "in-time"\ntable = "calls"\nkind = "share"\n'
    'value = "wait_s <= $reply-hours"\nsays.en = "{k} of {n} calls."\nsays.de = "{k} von {n}."\n'
    '[[metric]]\nid = "later"\nlike = "in-time"\nset = { reply-hours = 9 }\n'
    '[[metric]]\nid = "others"\nlike = "in-time"\nwhere = "outcome = \'b\'"\n'
    '[[metric]]\nid = "own"\nlike = "in-time"\nwhere = "outcome = \'b\'"\nsays = "{k} b."\n'
)


def test_a_metrics_sentence_is_kept_in_its_languages(load):
    metrics = {each.id: each for each in load(SAID).metrics}
    assert metrics["in-time"].says == Text({"en": "{k} of {n} calls.", "de": "{k} von {n}."})


def test_a_variant_takes_the_sentence_of_the_same_rows_only(load):
    """What tells of all calls would be wrong of one queue."""
    metrics = {each.id: each for each in load(SAID).metrics}
    assert metrics["later"].says == metrics["in-time"].says
    assert metrics["others"].says == Text({})
    assert metrics["own"].says == Text({"en": "{k} b."})
