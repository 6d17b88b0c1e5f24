"""The house theme: contrast, colours of clients, the font."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxaudit.plugin import Report
from cxaudit_reports.drawing.theme import DARK, FONTS, LIGHT, brand, contrast, readable, step
from cxaudit_reports.html.page import render_page


def test_contrast_is_that_of_wcag():
    """Values from the definition of contrast ratio in WCAG 2.2, as its checkers give them."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_of_the_theme_can_be_read(theme):
    for place in range(5):
        assert contrast(theme[f"s{place}"], theme[f"s{place}-ink"]) >= 4.5
    for colour in ("ink", "soft", "accent", "warn"):
        for paper in ("paper", "wash"):
            assert contrast(theme[colour], theme[paper]) >= 4.5
    assert contrast(theme["ink"], theme["warn-wash"]) >= 4.5
    assert contrast(theme["soft"], theme["none"]) >= 4.5
    assert contrast(theme["edge"], theme["paper"]) >= 3


def test_steps_change_at_their_limits():
    scores = (0, 0.399, 0.4, 0.6, 0.749, 0.75, 0.9, 1)
    assert [step(score) for score in scores] == [0, 0, 1, 2, 2, 3, 4, 4]


def test_a_clients_colour_stays_when_it_can_be_read():
    own = brand({"colour": "#0B3D91"})
    assert own.light == "#0b3d91"
    assert own.notes == ()


@pytest.mark.parametrize("colour", ["#ffee00", "#fff", "#7fd", "e0e0e0"])
def test_a_colour_too_light_is_darkened_and_said(colour):
    own = brand({"colour": colour})
    assert contrast(own.light, LIGHT["wash"]) >= 4.5
    assert contrast(own.dark, DARK["wash"]) >= 4.5
    page = render_page(Report(title="T", branding={"colour": colour}))
    assert f"is darkened to {own.light}" in page
    assert f"--accent:{own.light};" in page
    assert f"--accent:{own.dark};" in page


def test_colours_move_no_further_than_they_must():
    assert readable("#000000", "#ffffff") == "#000000"
    assert 4.5 <= contrast(readable("#ffff00", "#ffffff"), "#ffffff") < 4.8


@pytest.mark.parametrize("colour", ["red;}body{display:none", "#12345", "url(//x)", "<b>"])
def test_what_is_no_colour_is_left_out_and_said(colour):
    own = brand({"colour": colour})
    assert own.light == LIGHT["accent"]
    assert "is left out" in own.notes[0]
    page = render_page(Report(title="T", branding={"colour": colour}))
    assert colour not in page.partition("<style>")[2].partition("@page")[0]
    assert "is left out" in page


def test_a_logo_is_a_picture_in_the_page():
    logo = "data:image/png;base64,iVBORw0KGgo="
    page = render_page(Report(title="T", branding={"name": "North", "logo": logo}))
    assert f'<img src="{logo}" alt="North">' in page
    for wrong in ("logo.png", "https://x.example/l.png", 'data:image/png;base64,"onload=x'):
        page = render_page(Report(title="T", branding={"logo": wrong}))
        assert "<img" not in page
        assert "The logo is left out" in page


def test_the_font_has_its_licence_beside_it():
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text("utf-8").upper()
    names = {path.name for path in Path(FONTS).iterdir()}
    assert {"Inter.woff2", "Inter-Regular.ttf", "Inter-SemiBold.ttf"} <= names
