"""Whatever a run says of its own, it says by a code."""

from __future__ import annotations

import pytest

from cxaudit._model.said import Said
from tests.support.examples import ran

EXAMPLES = ("quick-scan", "contact-centre", "restaurant-group")
OF_PLUGINS = {
    "the line has fewer than five fields",
    "the worst of three: phone.answered-in-time.lunch",
}
"""What plugins say in their own words, which no catalogue of ours holds."""


def texts_of(result):
    """Yield what a result says of findings, measurements, rows, the gate and the grade."""
    yield from result.findings.reasons
    for measurement in result.measurements:
        yield measurement.unavailable
    for account in result.accounts:
        yield from account.rejected
    for note in result.notes:
        yield note.text
    for scores in result.scorecard.units:
        yield scores.capped
    yield from result.gate.reasons


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_reasons_and_notes_of_a_run_have_codes(name):
    _, result = ran(name)
    clients = {answer.reason.rstrip(".") for answer in result.answers}
    clients |= {item.excluded for item in result.checklist.items if item.excluded is not None}
    plain = {text for text in texts_of(result) if text and not isinstance(text, Said)}
    assert plain - clients - OF_PLUGINS == set()
