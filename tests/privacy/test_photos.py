"""Pictures lose place and all else beside their pixels, and are shown only when released."""

from __future__ import annotations

import hashlib
import io

import attrs
import pytest

from cxaudit._report.pictures import bare_picture, is_picture, released_pictures
from cxaudit.errors import InputError
from cxaudit.plugin import Evidence, EvidenceSet
from cxaudit_reports.publish.result import publication
from tests.support import rows as made
from tests.support.photos import photo

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_nothing_but_pixels_is_left(kind):
    content = photo(kind)
    assert b"SECRET" in content
    bare, ending = bare_picture(content)
    assert b"SECRET" not in bare
    assert b"Exif" not in bare
    assert ending == (".png" if kind == "PNG" else ".jpg")
    with Image.open(io.BytesIO(bare)) as shown:
        assert not shown.getexif()
        assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        # Turned as the camera said: what was above is now on the right.
        assert shown.size == (20, 40)
        pixels = shown.convert("RGB")
        left, right = pixels.getpixel((2, 20)), pixels.getpixel((17, 20))
        assert left[2] - left[0] > 150
        assert right[0] - right[2] > 150


def test_what_is_hidden_in_text_and_behind_the_end_is_gone():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "SECRET author")
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (1, 2, 3, 0)).save(out, "PNG", pnginfo=info)
    bare, ending = bare_picture(out.getvalue() + b"SECRET tail")
    assert ending == ".png"
    assert b"SECRET" not in bare
    with Image.open(io.BytesIO(bare)) as shown:
        assert shown.getpixel((0, 0)) == (1, 2, 3, 0)


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"GIF89a", photo()[:200], b"<svg/>", b"%!PS-Adobe-3.0"]
)
def test_what_is_no_whole_picture_is_refused(content):
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        bare_picture(content)


def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch):
    content = photo()  # of 800 pixels
    for limit in (100, 500):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(ValueError, match=f"more than {limit} pixels"):
            bare_picture(content)


@pytest.fixture
def audited(tmp_path):
    """A result with two photos and a contract, and the folder in which they lie."""
    content = photo()
    for name in ("a/photo-1.jpg", "b/photo-1.jpg", "b/photo-2.jpg", "b/broken.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if "photo" in name else b"no picture")
    digest = hashlib.sha256(content).hexdigest()
    names = ("a/photo-1.jpg", "b/photo-1.jpg", "b/photo-2.jpg", "b/missing.png", "c.pdf")
    shown = [Evidence(kind="file", source=name, key="c1", digest=digest) for name in names]
    shown.append(Evidence(kind="file", source="b/broken.jpg", key="c1"))
    result = made.result_of(made.tree(1), {("all.r0.s0", "q", atom): 100 for atom in made.ATOMS})
    place = {"item": made.ITEMS[0].id, "touchpoint": "phone", "unit": "all"}
    evidence = (EvidenceSet(**place, total=6, shown=tuple(shown)),)
    return attrs.evolve(result, evidence=evidence), tmp_path


def test_only_what_is_released_is_shown_and_under_a_name_that_says_nothing(audited):
    result, folder = audited
    released = released_pictures(result, ["photo-2.jpg"], folder)
    for audience in ("client", "public"):
        made_of = publication(result, made.scored, audience=audience, released=released)
        (shown,) = made_of.result.evidence
        assert [each.source for each in shown.shown] == ["picture-1.jpg"]
        bare = publication(result, made.scored, audience=audience).result.evidence[0]
        assert bare.shown == ()
    (found,) = released.values()
    assert b"SECRET" not in found.content


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("photo-9.jpg", "no picture among the evidence"),
        ("c.pdf", "other files are never published"),
        ("photo-1.jpg", "name one of a/photo-1.jpg, b/photo-1.jpg"),
        ("b/missing.png", "there is no file"),
        ("broken.jpg", "cannot be read as a picture"),
    ],
)
def test_what_cannot_be_released_is_told(audited, name, told):
    result, folder = audited
    with pytest.raises(InputError, match=told):
        released_pictures(result, [name], folder)


def test_a_file_that_was_changed_since_is_refused(audited):
    result, folder = audited
    (folder / "b/photo-2.jpg").write_bytes(photo() + b"more")
    with pytest.raises(InputError, match="not the file that was judged"):
        released_pictures(result, ["photo-2.jpg"], folder)


def test_all_that_cannot_be_released_is_told_at_once(audited):
    result, folder = audited
    with pytest.raises(InputError) as error:
        released_pictures(result, ["x.jpg", "c.pdf"], folder)
    assert len(error.value.problems) == 2


def test_a_picture_is_told_by_its_name():
    assert is_picture(Evidence(kind="file", source="Photo.JPG"))
    assert not is_picture(Evidence(kind="row", source="photo.jpg"))
