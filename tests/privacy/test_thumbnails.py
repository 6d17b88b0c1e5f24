"""Photographs beside findings: small, bare, and only for those who may see them."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import re
import sys
import zipfile

import attrs
import pytest

from cxaudit._cli import main
from cxaudit._report.pictures import thumbnail
from cxaudit.errors import InputError
from cxaudit.plugin import Evidence, EvidenceSet
from tests.support import rows as made
from tests.support.photos import photo

Image = pytest.importorskip("PIL.Image")


ITEM = made.ITEMS[0].id
NAMES = tuple(f"SECRET/anna-{number}.jpg" for number in range(1, 13))


def opened(content):
    return Image.open(io.BytesIO(content))


def bare(content):
    """Tell whether a picture holds nothing beside its pixels."""
    with opened(content) as picture:
        known = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        return not picture.getexif() and set(picture.info) <= known and b"SECRET" not in content


def noise(size, mode="RGB"):
    bands = len(mode)
    pixels = random.Random(7).randbytes(size[0] * size[1] * bands)
    return Image.frombytes(mode, size, pixels)


def saved(picture, kind):
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_thumbnail_is_small_bare_and_turned(kind):
    small = thumbnail(photo(kind, (1600, 1200)))
    assert bare(small)
    with opened(small) as shown:
        assert (shown.format, shown.size) == ("JPEG", (360, 480))
        left, right = shown.getpixel((20, 240)), shown.getpixel((340, 240))
    assert left[2] - left[0] > 150
    assert right[0] - right[2] > 150


def test_a_small_picture_stays_as_large_as_it_is():
    with opened(thumbnail(photo())) as shown:
        assert shown.size == (20, 40)


def test_a_thumbnail_is_light_whatever_it_shows():
    small = thumbnail(saved(noise((300, 300)), "PNG"))
    assert len(small) < 45_000
    grey = noise((120, 90), "L").resize((480, 360), Image.Resampling.BICUBIC).convert("RGB")
    assert len(thumbnail(saved(grey, "PNG"))) <= 30_000


def test_what_is_see_through_stays_so_while_it_is_light_and_is_white_else():
    clear = Image.new("RGBA", (900, 600), (10, 200, 30, 0))
    with opened(thumbnail(saved(clear, "PNG"))) as shown:
        assert (shown.format, shown.mode, shown.size) == ("PNG", "RGBA", (480, 320))
    heavy = noise((400, 400), "RGBA")
    heavy.putalpha(Image.new("L", heavy.size, 0))
    with opened(thumbnail(saved(heavy, "PNG"))) as shown:
        assert shown.format == "JPEG"
        assert min(shown.getpixel((200, 200))) > 250


@pytest.mark.parametrize("content", [b"", b"no picture", photo()[:200], b"<svg/>"])
def test_what_is_no_whole_picture_has_no_thumbnail(content):
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        thumbnail(content)


@pytest.fixture
def audited(tmp_path):
    """A result with a comment and twelve photographs beside a finding, and their folder."""
    folder = tmp_path / "audit"
    (folder / "SECRET").mkdir(parents=True)
    shown = [Evidence(kind="comment", source="visits.csv", key="c0", quote="Nobody looked up")]
    for number, name in enumerate(NAMES):
        content = photo(size=(640, 480 + number))
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        piece = {"source": name, "key": f"c{number}", "place": f"row {number}", "digest": digest}
        shown.append(Evidence(kind="file", **piece))
    result = made.result_of(made.tree(1), {("all.r0.s0", "q", atom): 100 for atom in made.ATOMS})
    place = {"item": ITEM, "touchpoint": "phone", "unit": "all"}
    evidence = (EvidenceSet(**place, total=20, shown=tuple(shown)),)
    return attrs.evolve(result, evidence=evidence), folder


def pictures_of(page):
    """Return the pictures of a page, by their text."""
    found = re.findall(r'<img src="data:(image/\w+);base64,([^"]+)" alt="([^"]*)">', page)
    return [(kind, base64.b64decode(data), text) for kind, data, text in found]


def notes_of(report):
    return [
        block.text
        for section in report.sections
        for block in section.blocks
        if type(block).__name__ == "TextBlock" and "hotograph" in block.text
    ]


def counted(result, audience, **seen):
    page = made.SESSION.render(result, "markdown", audience=audience, **seen)
    return re.search(r"Evidence, Phone, [^*]*", page)[0]


def test_an_internal_report_shows_what_is_there_capped_and_counted(audited):
    result, folder = audited
    seen = {"audience": "internal", "files": folder}
    shown = pictures_of(made.SESSION.render(result, "html", **seen))
    assert len(shown) == 6
    for kind, content, text in shown:
        assert kind == "image/jpeg"
        assert bare(content)
        assert len(content) < 30_000
        assert text.startswith("Photograph: ")
    assert counted(result, **seen).endswith(": 13 of 20 kept in the result, 9 printed here.")
    page = made.SESSION.render(result, "html", **seen)
    assert f"<figcaption>{NAMES[0]}, c0, row 0</figcaption>" in page
    report = made.SESSION.report(result, **seen)
    assert notes_of(report) == []


def test_nothing_is_beside_the_pixels_in_word_and_pdf(audited):
    pypdf = pytest.importorskip("pypdf")
    result, folder = audited
    seen = {"audience": "internal", "files": folder}
    document = zipfile.ZipFile(io.BytesIO(made.SESSION.render(result, "docx", **seen)))
    media = [name for name in document.namelist() if name.startswith("word/media/")]
    assert len(media) == 6
    assert all(bare(document.read(name)) for name in media)
    pdf = pypdf.PdfReader(io.BytesIO(made.SESSION.render(result, "pdf", **seen)))
    images = [image.data for page in pdf.pages for image in page.images]
    assert len(images) == 6
    assert not [data for data in images if b"SECRET" in data or b"Exif" in data]


def test_without_their_folder_an_internal_report_names_photographs(audited):
    result, _ = audited
    page = made.SESSION.render(result, "html", audience="internal")
    assert pictures_of(page) == []
    assert NAMES[0] in page
    assert counted(result, "internal").endswith("3 printed here.")


def texts(session, result, audience, **seen):
    """Yield what reports for people say, by format."""
    for output in ("html", "markdown", "docx", "xlsx", "pptx", "terminal", "pdf"):
        content = session.render(result, output, audience=audience, **seen)
        if output in {"docx", "xlsx", "pptx"}:
            package = zipfile.ZipFile(io.BytesIO(content))
            content = b"".join(package.read(name) for name in package.namelist()).decode(
                "utf-8", "replace"
            )
        elif output == "pdf":
            pypdf = pytest.importorskip("pypdf")
            pages = pypdf.PdfReader(io.BytesIO(content)).pages
            content = "".join(page.extract_text() for page in pages)
        yield output, content


@pytest.mark.parametrize("audience", ["client", "public"])
def test_others_see_none_that_is_not_released_and_no_name(audited, audience):
    result, folder = audited
    for output, text in texts(made.SESSION, result, audience, files=folder):
        assert "anna" not in re.sub(r"base64,[^\"]*", "", text), output
        assert "SECRET" not in text, output
        assert "<img" not in text, output
    page = made.SESSION.render(result, "html", audience=audience, files=folder)
    assert page.count("a photograph, not released") == (2 if audience == "client" else 0)
    assert ("c0, row 0" in page) is (audience == "client")


@pytest.mark.parametrize("audience", ["client", "public"])
def test_others_see_exactly_what_is_released(audited, audience):
    result, folder = audited
    seen = {"files": folder, "release": ["anna-3.jpg", NAMES[6]]}
    shown = pictures_of(made.SESSION.render(result, "html", audience=audience, **seen))
    wanted = [thumbnail((folder / NAMES[at]).read_bytes()) for at in (2, 6)]
    assert [opened(content).size for _, content, _ in shown] == [opened(w).size for w in wanted]
    assert all(bare(content) for _, content, _ in shown)
    for output, text in texts(made.SESSION, result, audience, **seen):
        assert "anna" not in re.sub(r"base64,[^\"]*", "", text), output
    printed = ", 5 printed here" if audience == "client" else ""
    assert counted(result, audience, **seen).endswith(f"13 of 20 kept in the result{printed}.")


def test_wrong_names_are_told_at_once(audited):
    result, folder = audited
    for ask in (made.SESSION.report, lambda *a, **k: made.SESSION.render(a[0], "html", **k)):
        with pytest.raises(InputError) as error:
            ask(result, files=folder, release=["bob.jpg", "visits.csv", "anna-1.jpg"])
        assert len(error.value.problems) == 2


def test_an_internal_report_tells_what_it_cannot_show_and_goes_on(audited, tmp_path):
    result, folder = audited
    (folder / NAMES[0]).unlink()
    (folder / NAMES[1]).write_bytes(photo())
    (tmp_path / "outside.jpg").write_bytes(photo())
    (evidence,) = result.evidence
    broken = Evidence(kind="file", source="broken.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    outside = Evidence(kind="file", source="../outside.jpg")
    twice = [Evidence(kind="file", source=NAMES[7], digest=digest) for digest in ("ab", "cd")]
    pieces = (*evidence.shown[1:4], broken, outside, *twice)
    result = attrs.evolve(result, evidence=(attrs.evolve(evidence, shown=pieces),))
    report = made.SESSION.report(result, "internal", files=folder)
    (told,) = notes_of(report)
    assert told == (
        "6 of 7 photographs could not be shown: "
        f"there is no such file ({NAMES[0]}, ../outside.jpg); "
        f"it was changed since it was judged ({NAMES[1]}); "
        "it cannot be read as a picture (broken.jpg); "
        f"several files have this name ({NAMES[7]})."
    )
    page = made.SESSION.render(result, "html", audience="internal", files=folder)
    assert len(pictures_of(page)) == 1


def test_a_picture_outside_the_folder_is_not_released(audited, tmp_path):
    result, folder = audited
    (tmp_path / "outside.jpg").write_bytes(photo())
    (evidence,) = result.evidence
    pieces = (Evidence(kind="file", source="../outside.jpg"),)
    result = attrs.evolve(result, evidence=(attrs.evolve(evidence, shown=pieces),))
    with pytest.raises(InputError, match="there is no file"):
        made.SESSION.report(result, files=folder, release=["outside.jpg"])


def test_without_pillow_a_report_says_what_is_needed(audited, monkeypatch):
    result, folder = audited
    monkeypatch.setitem(sys.modules, "PIL", None)
    report = made.SESSION.report(result, "internal", files=folder)
    assert 'pip install "cxaudit[reports]"' in notes_of(report)[0]
    with pytest.raises(InputError, match=r'pip install "cxaudit\[reports\]"'):
        made.SESSION.report(result, files=folder, release=["anna-1.jpg"])


def test_a_report_has_a_limited_number_of_photographs(audited, monkeypatch):
    result, folder = audited
    monkeypatch.setattr("cxaudit._report.pictures._MOST", 2)
    report = made.SESSION.report(result, "internal", files=folder)
    (told,) = notes_of(report)
    assert told.startswith("10 of 12 photographs could not be shown: the report is full")
    page = made.SESSION.render(result, "html", audience="internal", files=folder)
    assert len(pictures_of(page)) == 2


def test_the_command_takes_the_same_names(audited, tmp_path, capsys):
    result, folder = audited
    saved = tmp_path / "result.json"
    made.SESSION.render(result, "json", saved)
    to = tmp_path / "report.html"
    command = ["report", str(saved), "--output", "html", "--to", str(to)]
    assert main([*command, "--files", str(folder), "--release", "anna-1.jpg"]) == 0
    assert len(pictures_of(to.read_text("utf-8"))) == 1
    assert main([*command, "--files", str(folder), "--audience", "internal"]) == 0
    assert len(pictures_of(to.read_text("utf-8"))) == 6
    capsys.readouterr()
    assert main([*command, "--files", str(folder), "--release", "bob.jpg"]) == 2
    assert "bob.jpg cannot be released" in capsys.readouterr().err


def test_what_is_published_shows_the_released_ones_in_every_format(audited, tmp_path):
    result, folder = audited
    saved, to = tmp_path / "result.json", tmp_path / "out"
    made.SESSION.render(result, "json", saved)
    command = ["publish", str(saved), "--audience", "public", "--to", str(to)]
    names = ["--release", "anna-2.jpg", "--release", "anna-1.jpg"]
    assert main([*command, "--files", str(folder), *names]) == 0
    assert {path.name for path in (to / "pictures").iterdir()} == {"picture-1.jpg", "picture-2.jpg"}
    page = (to / "report.html").read_text("utf-8")
    assert len(pictures_of(page)) == 2
    assert "<figcaption>picture-1.jpg</figcaption>" in page
    assert "not released" not in page
    media = zipfile.ZipFile(to / "report.docx").namelist()
    assert len([name for name in media if name.startswith("word/media/")]) == 2
    assert (to / "report.pdf").read_bytes().count(b"/Subtype/Image") == 2
