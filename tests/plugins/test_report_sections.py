"""Sections that plugins yield: a wrong one is named and left out, and no document fails on it."""

# ruff: noqa: ARG001 - implementations name arguments to receive them
from __future__ import annotations

import io
import types
import zipfile

import pytest
from markupsafe import Markup

from cxaudit import Session
from cxaudit.plugin import Report, Section, blocks, hook
from tests.support.audits import audit_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
NAN, INF = float("nan"), float("inf")
CELL = blocks.MatrixCell(value=0.5)
HOOK = "cxaudit_report_sections"


def table(columns, *rows, **given):
    return blocks.Table(title="T", columns=columns, rows=rows, **given)


def ranked(**given):
    return blocks.Ranking(title="R", rows=(blocks.RankingRow(rank=1, name="A", **given),))


def matrix(rows, columns, *cells):
    return blocks.Matrix(title="M", rows=rows, columns=columns, cells=cells)


def picture(data, media_type="image/png"):
    return blocks.Image(data=data, media_type=media_type, text="A door")


class OwnTable(blocks.Table):
    """A block that no document knows."""


WRONG = [
    ("<b>raw</b>", " is str, not a block"),
    (OwnTable(title="", columns=(), rows=()), " is OwnTable, not a block"),
    (blocks.TextBlock(text=5), "text is int, not str"),
    (blocks.TextBlock(text=Markup("<b>loud</b>")), "text is Markup, not str"),
    (blocks.TextBlock(text="x", tone="loud"), "tone is 'loud', none of 'plain', 'lead'"),
    (blocks.Heading(text="x", level=99), "level is 99, none of 1, 2, 3"),
    (blocks.ScoreBlock(title="S", value=NAN), "value is nan, not a finite number; None is"),
    (blocks.ScoreBlock(title="S", value=50.0), "value is 50.0, not from 0 to 1"),
    (table(("A", "B"), ("1", 2), ("1", 2, "3")), "row 2 has 3 cells for 2 columns"),
    (table((), ()), "row 1 has 0 cells for 0 columns"),
    (table(("A",), ("x",), numeric=(True, False)), "numeric has 2 values for 1 columns"),
    (table(("A",), ("x",), anchors=("a", "b")), "anchors has 2 values for 1 rows"),
    (table(("A",), (INF,)), "row 1, value 1 is inf, not a finite number"),
    (table(("A",), (10**400,)), "row 1, value 1 is too large, not a finite number"),
    (table(("A",), (b"x",)), "row 1, value 1 is bytes, not str or float or int or None"),
    (table(("A",), ["x"]), "row 1 is list, not tuple"),
    (table(("A",), (blocks.Figure("x", NAN, "count"),)), "row 1, value 1.value is nan"),
    (table(("A",), (blocks.Figure("x", 1, "euro"),)), "row 1, value 1.style is 'euro'"),
    (matrix(("r", "s"), ("c",), (CELL,)), "it has 1 rows of cells for 2 rows"),
    (matrix(("r",), ("c",), (CELL, CELL)), "row of cells 1 has 2 cells for 1 columns"),
    (matrix((), ()), "it has 0 rows of cells for 0 rows"),
    (ranked(value=7.0), "row 1 (RankingRow): value is 7.0, not from 0 to 1"),
    (blocks.Series(title="S", points=(("May",),)), "point 1 has 1 values, not 2"),
    (blocks.Series(title="S", points=(("May", NAN),)), "point 1, value 2 is nan"),
    (blocks.Distribution(title="D", bins=(("1", -3),)), "bin 1, value 2 is -3, under 0"),
    (
        blocks.Funnel(
            title="F",
            mean=0.5,
            points=(blocks.FunnelPoint(name="P", n=9, value=0.5, side="left"),),
        ),
        "point 1 (FunnelPoint): side is 'left'",
    ),
    (picture(b"no picture"), "data is no picture, not image/png"),
    (picture(PNG, "image/jpeg"), "data is image/png, not image/jpeg"),
    (picture(b"<svg/>", "image/svg+xml"), "media_type is 'image/svg+xml', none of 'image/png'"),
]


def yielding(*sections):
    """Return a plugin that yields some sections."""

    @hook
    def cxaudit_report_sections(result, audience):
        yield from sections

    plugin = types.ModuleType("tastes")
    plugin.cxaudit_report_sections = cxaudit_report_sections
    return plugin


def titles(report):
    return [section.title for section in report.sections]


@pytest.mark.parametrize(("block", "wrong"), WRONG, ids=[wrong for _, wrong in WRONG])
def test_a_wrong_section_is_left_out_and_named_with_its_place(block, wrong):
    well = Section(id="well", title="Well", blocks=())
    bad = Section(id="taste", title="Taste", blocks=(blocks.TextBlock(text="x"), block))
    session = Session([yielding(well, bad)])
    report = session.report(audit_of("mixed"))
    assert "Well" in titles(report)
    assert "Taste" not in titles(report)
    ((stage, plugin, cause),) = [(p.stage, p.plugin, p.cause) for p in session.problems]
    assert (stage, plugin) == (HOOK, "tastes")
    assert cause.startswith("ValueError: section 'taste', block 2")
    assert wrong in cause


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        (Section(id=3, title="T", blocks=()), "section 3, id is int, not str"),
        (Section(id="t", title=None, blocks=()), "section 't', title is NoneType, not str"),
        (Section(id="t", title="T", blocks=[]), "section 't', blocks is list, not tuple"),
    ],
)
def test_a_wrong_field_of_a_section_is_named(section, wrong):
    session = Session([yielding(section)])
    session.report(audit_of("mixed"))
    assert [problem.cause for problem in session.problems] == [f"ValueError: {wrong}"]


def test_every_report_names_the_plugin_that_failed_and_every_document_is_made():
    bad = Section(id="taste", title="Taste", blocks=(table(("A", "B"), ("1",)),))
    session, result = Session([yielding(bad)]), audit_of("mixed")
    for output, spec in session.registered("output").items():
        if spec.takes == "report":
            assert session.render(result, output)
    for _ in range(2):
        (part,) = [each for each in session.report(result).sections if each.id == "problems"]
        (problem,) = [row for row in part.blocks[0].rows if row[0] == HOOK]
        assert problem[1:3] == (
            "tastes (tastes)",
            "ValueError: section 'taste', block 1 (Table): row 1 has 1 cells for 2 columns",
        )


def test_right_sections_of_every_block_are_taken():
    every = (
        blocks.Heading(text="H", anchor="h", link="method"),
        blocks.ScoreBlock(title="S", value=None, low=0, high=1 + 1e-12),
        matrix(("r",), ("c",), (CELL,)),
        table(("A", "B"), (blocks.Figure("3", 3, "count"), None), ("x", 2**70), anchors=("a", "")),
        table((), note="Nothing"),
        blocks.Series(title="Waits", points=(("May", -61.5), ("June", None)), unit="seconds"),
        blocks.Funnel(title="Plot", points=(), mean=0.5, limits=((9, -0.1, 1.2),)),
        ranked(value=1),
        picture(PNG),
        picture(b"\xff\xd8\xff\xe0", "image/jpeg"),
        picture(b"GIF89a", "image/gif"),
        picture(b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    )
    session = Session([yielding(Section(id="taste", title="Taste", blocks=every))])
    report = session.report(audit_of("mixed"))
    assert session.problems == ()
    assert next(each for each in report.sections if each.id == "taste").blocks == every


def test_a_section_under_the_id_of_another_has_an_id_of_its_own():
    text = (blocks.TextBlock(text="TASTED"),)
    given = [Section(id=name, title=name, blocks=text) for name in ("method", "summary", "method")]
    session, result = Session([yielding(*given)]), audit_of("mixed")
    before = Session().report(result)
    report = session.report(result)
    ids = [section.id for section in report.sections]
    assert len(ids) == len(set(ids))
    assert [each for each in report.sections if each in before.sections] == list(before.sections)
    assert [each for each in ids if each.startswith("plugin-")] == [
        "plugin-method",
        "plugin-summary",
        "plugin-plugin-method",
    ]
    assert session.render(result, "markdown").count("TASTED") == 3


EMPTY = (
    blocks.Series(title="Waits", points=()),
    blocks.Distribution(title="Stars", bins=()),
    blocks.Funnel(title="Plot", points=(), mean=0.5),
)


@pytest.mark.parametrize("output", ["html", "markdown", "terminal", "docx", "xlsx", "pptx"])
@pytest.mark.parametrize("block", EMPTY, ids=lambda block: block.title)
def test_a_chart_without_points_says_so_under_its_title(output, block):
    session = Session()
    spec = session.registered("output")[f"cxaudit.{output}"]
    sections = (Section(id="own", title="Own", blocks=(block,)),)
    made = session.resolve(spec.render)(Report(title="T", sections=sections))
    if isinstance(made, bytes):
        with zipfile.ZipFile(io.BytesIO(made)) as parts:
            made = "".join(parts.read(name).decode("utf-8", "ignore") for name in parts.namelist())
    assert block.title in made
    assert "No value is known." in made


def test_a_name_instead_of_a_list_of_names_is_refused():
    with pytest.raises(TypeError, match=r"write release=\['door.jpg'\]"):
        Session().report(audit_of("mixed"), release="door.jpg")
