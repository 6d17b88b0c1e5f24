"""Pictures are measured before they are drawn: by their pixels, not their bytes."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib

import pytest

from cxaudit import Session
from cxaudit._model.drawings import drawing_problem, sized_drawing
from cxaudit._model.pictures import picture_problem, picture_size
from cxaudit._report.pictures import bare_picture, thumbnail
from cxaudit.errors import AuditFileError
from cxaudit_reports.drawing.office import as_png
from cxaudit_reports.drawing.theme import brand

Image = pytest.importorskip("PIL.Image")
SVG = 'xmlns="http://www.w3.org/2000/svg"'
LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def saved(kind, size, mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, 1).save(out, kind, **options)
    return out.getvalue()


def png_that_says(width, height):
    """Return a PNG whose header says so many pixels, of which one byte is there."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (struct.pack(">I", len(c) - 4) + c for c in (header, b"IDAT\0"))
    ends = (struct.pack(">I", zlib.crc32(c)) for c in (header, b"IDAT\0"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(a + b for a, b in zip(chunks, ends, strict=True))


def gif_whose_image_says(width, height):
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    comment = b"\x21\xfe\x03abc\x00"
    return b"GIF89a" + screen + comment + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)


def drawing(inside="", attributes='width="90" height="30"'):
    return f"<svg {SVG} {LINK} {attributes}>{inside}</svg>".encode()


@pytest.mark.parametrize("size", [(1, 1), (300, 200), (7, 4000), (256, 255)])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *(("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("GIF", {})),
        *(("WEBP", {}), ("WEBP", {"lossless": True}), ("WEBP", {"exif": b"Exif\0\0MM"})),
    ],
)
def test_the_size_is_what_pillow_reads(kind, options, size):
    mode = "P" if kind == "GIF" else "RGB"
    assert picture_size(saved(kind, size, mode, **options)) == size


def test_any_beginning_of_a_picture_and_any_bytes_are_measured_or_not():
    draw = random.Random(3)
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        whole = saved(kind, (30, 20), "P" if kind == "GIF" else "RGB")
        for end in range(len(whole)):
            assert picture_size(whole[:end]) in {None, (30, 20)}
            picture_size(whole[:14] + draw.randbytes(end))


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (png_that_says(100_000, 100_000), "100,000 x 100,000"),
        (png_that_says(2**31 - 1, 1), "2,147,483,647 x 1"),
        (gif_whose_image_says(60_000, 60_000), "60,000 x 60,000"),
        (saved("JPEG", (20, 20)).replace(b"\0\x14\0\x14", b"\xff\xff\xff\xff"), "65,535 x 65,535"),
    ],
)
def test_a_picture_with_too_many_pixels_is_told(content, size):
    problem = f"it has {size} pixels; a picture has at most 40,000,000"
    assert picture_problem(content) == problem
    assert picture_problem(saved("PNG", (30, 20))) == ""


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="90" height="30"', (90, 30)),
        ('width="1in" height="72pt"', (96, 96)),
        ('width="2.54cm" height="25.4mm"', (96, 96)),
        ('width="50%" height="100%" viewBox="0 0 80 40"', (40, 40)),
        ('viewBox="-5,-5 1e2,2e2"', (100, 200)),
        ("", (300, 150)),
        ('width="90"', (90, 150)),
        ('width="10%"', (30, 150)),
    ],
)
def test_a_drawing_has_the_size_that_it_says_or_the_usual_one(attributes, size):
    content = drawing('<rect width="1e6" height="1e6"/>', attributes)
    assert drawing_problem(content) == ""
    drawn = as_png(content, "image/svg+xml")
    with Image.open(io.BytesIO(drawn)) as picture:
        assert picture.size == pytest.approx([4 * side for side in size], abs=1)
    assert sized_drawing(content)[1] == pytest.approx(max(size))


LAUGHS = "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 10))
LAUGHS = f'<g id="g0"><path d="M0 0h9"/></g>{LAUGHS}'
NESTED = base64.b64encode(drawing()).decode()
HUGE = base64.b64encode(png_that_says(50_000, 50_000)).decode()
SMALL = base64.b64encode(saved("PNG", (1000, 1000))).decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (drawing("", 'width="1000000" height="1000000"'), "1,000,000 x 1,000,000 pixels"),
        (drawing("", 'width="9000" height="0.1"'), "at least 0.5"),
        (drawing("", 'viewBox="0 0 9000 0.001"'), "at least 0.5"),
        (drawing("", 'viewBox="0 0 5 nan"'), "at least 0.5"),
        (drawing("", 'width="1e9mm" height="1"'), "at most 10,000 on a side"),
        (drawing("", 'width="1e999" height="1"'), "at most 10,000 on a side"),
        (drawing("", 'viewBox="0 0 500000 2"'), "500,000 x 2 pixels"),
        (drawing("", 'width="90000%" height="1" viewBox="0 0 90 1"'), "81,000 x 1 pixels"),
        (drawing("", 'width="0" height="0"'), "0 x 0 pixels"),
        (drawing("", 'width="9PX" height="9"'), "its width cannot be told"),
        (drawing("", 'viewBox="a b c d"'), "its width cannot be told"),
        (drawing("", 'width="9" height="tall"'), "its height cannot be told"),
        (drawing("", 'width="-9" height="9"'), "its width cannot be told"),
        (drawing(LAUGHS), "more than 20,000 parts"),
        (drawing(LAUGHS.replace("href", "xlink:href")), "more than 20,000 parts"),
        (drawing('<g id="a"><use href="#a"/></g>'), "uses itself"),
        (drawing('<mask id="a"><g mask="url(#a)"/></mask>'), "uses itself"),
        (drawing('<mask id="a"><g style="mask:url(#a)"/></mask>'), "uses itself"),
        (drawing("<g>" * 5000 + "</g>" * 5000), "nested deeper than 60"),
        (drawing('<g opacity=".5"/>' * 50), "more than 20,000 parts"),
        (drawing("<style>.a{opacity:.5}</style>" + '<g class="a"/>' * 50), "more than 20,000"),
        (drawing('<pattern id="p" width="1e6" height="1e6"/>'), "it holds a pattern"),
        (drawing('<filter id="f"/>'), "it holds a filter"),
        (drawing('<rect style="filter: blur(9px)"/>'), "it holds a filter"),
        (drawing('<rect filter="blur(9px)"/>'), "it holds a filter"),
        (drawing("<script>x</script>"), "it holds a script"),
        (drawing("<style>@import 'a.css';</style>"), "imports a style"),
        (drawing("<foreignObject/>"), "it holds a foreignObject"),
        (drawing('<image href="https://elsewhere.example/a.png"/>'), "a picture that is no"),
        (drawing('<image href="/etc/passwd"/>'), "a picture that is no"),
        (drawing(f'<image href="data:image/svg+xml;base64,{NESTED}"/>'), "a picture that is no"),
        (drawing(f'<image href="data:image/png;base64,{HUGE}"/>'), "50,000 x 50,000 pixels"),
        (drawing(f'<image href="data:image/png;base64,{SMALL}"/>' * 101), "more than 20,000"),
        (drawing('<use href="other.svg#a"/>'), "something outside itself: 'other.svg#a'"),
        (drawing('<rect fill="url(file:///a)"/>'), "something outside itself: 'file:///a'"),
        (b'<!DOCTYPE svg [<!ENTITY a "aa">]>' + drawing("&a;"), "it declares entities"),
        (drawing().decode().encode("utf-16"), "it is not UTF-8"),
        (b"<html/>", "it is no SVG"),
        (drawing()[:-3], "it is not well formed"),
    ],
)
def test_a_drawing_that_could_exhaust_the_machine_is_refused(content, told):
    assert told in drawing_problem(content)
    address = "data:image/svg+xml;base64," + base64.b64encode(content).decode()
    look = brand({"logo": address})
    assert look.logo == ""
    assert look.notes[0].startswith("The logo is left out: it is too large, or holds what is not")


def test_an_ordinary_logo_is_drawn():
    inside = (
        '<defs><linearGradient id="a"><stop/></linearGradient><clipPath id="c"><rect/></clipPath>'
        "<style>.x{fill:url(#a)}</style></defs>"
        '<g clip-path="url(#c)" opacity=".9"><path class="x" d="M0 0h9"/><text>Roe</text></g>'
        f'<image href="data:image/png;base64,{SMALL}" width="9"/><a href="https://roe.example"/>'
    )
    doctype = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/a.dtd">\n'
    assert drawing_problem(doctype + drawing(inside)) == ""


AUDIT = """
cxaudit = 1
[audit]
id = "a.b"
title = "T"
client = "C"
checklists = ["quick-scan"]
[[unit]]
id = "o"
kind = "organisation"
[branding]
"""


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("big.svg", drawing("", 'width="1000000" height="1000000"'), "at most 10,000 on a side"),
        ("big.png", png_that_says(90_000, 90_000), "a picture has at most 40,000,000"),
    ],
)
def test_the_file_and_the_limit_are_told_before_the_run(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "audit.toml").write_text(f'{AUDIT}logo = "{name}"\n', "utf-8")
    with pytest.raises(AuditFileError) as caught:
        Session().load(tmp_path / "audit.toml")
    [problem] = caught.value.problems
    assert problem.message.startswith(f"{name!r} cannot be drawn: it has ")
    assert problem.message.endswith(f"{told}.")
    assert (problem.path, problem.line) == ("branding.logo", 12)


def test_a_photograph_with_too_many_pixels_is_too_large():
    content = png_that_says(20_000, 20_000)
    for read in (thumbnail, bare_picture):
        with pytest.raises(ValueError, match="it has more than 89,478,485 pixels"):
            read(content)
