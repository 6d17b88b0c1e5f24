"""The report section on the front desk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cxaudit.plugin import Measurement, Metric, Section, blocks


def frontdesk_section(
    measurements: Iterable[Measurement], metrics: Iterable[Metric]
) -> Iterator[Section]:
    """Yield the section, or nothing when no front desk was measured."""
    titles = {metric.id: metric.title for metric in metrics}
    rows = tuple(
        (titles.get(measured.metric, measured.metric), measured.unit, measured.value, measured.n)
        for measured in measurements
        if measured.metric.startswith("example.visits.") and measured.breakdown is None
    )
    if rows:
        table = blocks.Table(
            title="Front desk",
            columns=("Measure", "Unit", "Share", "Guests"),
            rows=rows,
            numeric=(False, False, True, True),
        )
        yield Section(id="front-desk", title="The front desk", blocks=(table,))
