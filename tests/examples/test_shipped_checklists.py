"""What we ship is complete: each item says all that an auditor and a client need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from PIL import Image, ImageChops, ImageStat

from cxaudit import Session

ROOT = Path(__file__).parents[2]
RESTAURANT = ROOT / "examples" / "restaurant-group"
SCAN = ROOT / "examples" / "quick-scan"
AUDITS = {"restaurant-group": RESTAURANT, "quick-scan": SCAN}


@pytest.fixture(scope="module", params=AUDITS)
def items(request):
    session = Session(plugins=[RESTAURANT / "plugins"])
    checklist = session.load(AUDITS[request.param] / "audit.toml").checklist
    return [item for item in checklist.items if item.excluded is None]


def test_every_item_tells_all_that_guidance_can_hold(items):
    for item in items:
        missing = [key for key, text in attrs.asdict(item.guidance).items() if not text]
        assert not missing, (item.id, missing)
        assert item.fail_title is not None, item.id
        assert item.seeds, item.id
        assert all(seed.title and seed.publisher and str(seed.says) for seed in item.seeds), item.id


def test_every_item_has_keys_of_both_lenses(items):
    for item in items:
        assert item.lenses["be-sure"], item.id
        assert item.lenses["fundamentals"], item.id


def test_numbers_have_a_unit_and_levels_their_own_anchors(items):
    for item in items:
        ask = item.ask
        if ask is None:
            continue
        if ask.answer in {"number", "count", "time"}:
            assert ask.unit, item.id
            assert ask.curve_settings or ask.curve, item.id
        if ask.answer == "levels":
            assert [anchor.level for anchor in ask.anchors] == [1.0, 0.5, 0.0], item.id


def test_questions_and_titles_ask_one_thing_in_plain_words(items):
    vague = re.compile(r"\b(appropriate|proper|good|timely|adequate)\b", re.IGNORECASE)
    for item in items:
        for text in (item.title, item.fail_title, item.guidance.question):
            assert not vague.search(str(text)), (item.id, str(text))


def test_every_parameter_asks_the_client_a_question():
    session = Session(plugins=[RESTAURANT / "plugins"])
    for folder in AUDITS.values():
        for parameter in session.load(folder / "audit.toml").checklist.parameters.values():
            assert str(parameter.question).endswith("?"), parameter.id
            if parameter.value is not None:
                assert parameter.basis, parameter.id
                assert parameter.agreed_by, parameter.id


def assert_alike(one, other):
    """Another release of Pillow may pack the same picture in other bytes."""
    with Image.open(one) as picture, Image.open(other) as again:
        assert dict(picture.getexif()) == dict(again.getexif())
        difference = ImageStat.Stat(ImageChops.difference(picture, again))
        assert picture.size == again.size
        assert max(difference.mean) < 3, one.name
    assert one.stat().st_size < 20_000


def test_the_records_of_the_example_are_what_its_script_makes(tmp_path):
    script = tmp_path / "make_records.py"
    script.write_bytes((RESTAURANT / "make_records.py").read_bytes())
    subprocess.run([sys.executable, script], check=True, timeout=60)

    def files(folder):
        return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}

    committed, made = RESTAURANT / "data", tmp_path / "data"
    assert files(committed) == files(made)
    for name in files(made):
        if name.suffix == ".jpg":
            assert_alike(committed / name, made / name)
        else:
            assert (committed / name).read_bytes() == (made / name).read_bytes(), name
    assert sum((made / name).stat().st_size for name in files(made)) < 400_000
