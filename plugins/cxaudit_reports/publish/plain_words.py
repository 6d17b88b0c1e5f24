"""A summary in plain language: short sentences and short words, for a reader of any schooling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from cxaudit.documents import N_, _, ngettext, numbers, right_to_left, spoken, widest
from cxaudit.plugin import AuditResult, Finding
from cxaudit_reports.drawing.one_line import one_line

__all__ = ["as_html", "as_markdown", "plain_words"]

_NAMED = 3
_TOUCHPOINTS = {
    "online": N_("online"),
    "phone": N_("phone"),
    "in-store": N_("in store"),
    "message": N_("message"),
    "message.email": N_("message, email"),
    "message.chat": N_("message, chat"),
    "message.social": N_("message, social"),
    "organisation": N_("organisation"),
}
Part = tuple[str, Sequence[str], Sequence[str]]
"""A heading, sentences, and the points of a list behind them."""


def plain_words(result: AuditResult, minimum: int) -> tuple[Part, ...]:
    """Return the summary of a result that may be shown, in the language that is spoken.

    Every sentence follows from the numbers. A bound is told when a part was not checked; the
    interval always. Best and worst are told only where the whole is judged.
    """
    client = one_line(result.client)
    return (
        (_("How {client} treats its customers", client=client), tuple(_what(result, client)), ()),
        (_("The result"), tuple(_score(result)), ()),
        *_best_and_worst(result),
        (_("What we do not show"), tuple(_protection(result, minimum)), ()),
    )


def as_markdown(parts: Sequence[Part]) -> str:
    """Return the summary as Markdown."""
    lines = []
    for level, (heading, sentences, points) in enumerate(parts):
        lines += ["#" * (1 if level == 0 else 2) + f" {_plain(heading)}", ""]
        lines += [" ".join(_plain(sentence) for sentence in sentences), ""]
        lines += [*(f"- {_plain(point)}" for point in points), *([""] if points else [])]
    return "\n".join(lines)


def as_html(parts: Sequence[Part]) -> str:
    """Return the summary as a page without script, style sheets or pictures from elsewhere."""
    body = []
    for level, (heading, sentences, points) in enumerate(parts):
        size = 1 if level == 0 else 2
        body.append(f"<h{size}>{escape(heading)}</h{size}>")
        body.append(f"<p>{escape(' '.join(sentences))}</p>")
        if points:
            listed = "".join(f"<li>{escape(point)}</li>" for point in points)
            body.append(f"<ul>{listed}</ul>")
    language = spoken().tag
    turned = ' dir="rtl"' if right_to_left(language) else ""
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"{turned}>\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(parts[0][0])}</title>\n"
        "<style>body{max-width:38em;margin:2em auto;padding:0 1em;font:1.15em/1.6 sans-serif;"
        "color:#1b2226;background:#fff}</style>\n"
        "</head>\n<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def _plain(text: str) -> str:
    """Return a text that Markdown takes for words."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|~" else sign for sign in text)


def _what(result: AuditResult, client: str) -> Iterator[str]:
    whole = _whole(result)
    asked = len([finding for finding in whole if not finding.state.neutral])
    yield _("We checked if {client} serves its customers as it says.", client=client)
    if result.wave is not None:
        first, last = numbers.day(result.wave.start), numbers.day(result.wave.end)
        yield _("We did this from {first} to {last}.", first=first, last=last)
    if asked:
        yield ngettext("We looked at {n} thing.", "We looked at {n} things.", asked)
        yield _("For each, we asked: is it done as it should be?")


def _score(result: AuditResult) -> Iterator[str]:
    overall = result.scorecard.root.overall
    if overall.value is None:
        yield _("We can not give a score. Too little could be checked or shown.")
        return
    yield _(
        "The score is {score} out of 100. A high score is good.", score=numbers.score(overall.value)
    )
    if overall.low is not None and overall.high is not None:
        low, high = numbers.score(overall.low), numbers.score(overall.high)
        yield _(
            "A score like this is not exact. It is likely from {low} to {high}.",
            low=low,
            high=high,
        )
    judged = [finding for finding in _whole(result) if finding.state.scored]
    met = sum(finding.score == 1 for finding in judged)
    of = ngettext("Of {n} thing", "Of {n} things", len(judged))
    yield ngettext("{of}, {n} was fully right.", "{of}, {n} were fully right.", met, of=of)
    left = [finding for finding in _whole(result) if finding.state.unknown]
    lowest, highest = widest(overall)
    if left and lowest is not None and highest is not None:
        low, high = numbers.score(lowest), numbers.score(highest)
        yield ngettext(
            "We could not judge or do not show {n} thing.",
            "We could not judge or do not show {n} things.",
            len(left),
        )
        yield _("If all of them were wrong, the score could be as low as {low}.", low=low)
        yield _("If all of them were right, it could be as high as {high}.", high=high)


def _best_and_worst(result: AuditResult) -> Iterator[Part]:
    judged = [finding for finding in _whole(result) if finding.score is not None]
    best = sorted(judged, key=lambda finding: (-(finding.score or 0), -finding.weight))
    best = [finding for finding in best if finding.score == 1][:_NAMED]
    worst = sorted(judged, key=lambda finding: (finding.score or 0, -finding.weight))
    worst = [finding for finding in worst if (finding.score or 0) < 1][:_NAMED]
    if best:
        yield _("What went well"), (_("These were done as they should be:"),), _points(result, best)
    if worst:
        yield (
            _("What must get better"),
            (_("These were the furthest from what they should be:"),),
            _points(result, worst, scores=True),
        )


def _points(result: AuditResult, findings: Sequence[Finding], *, scores: bool = False) -> list[str]:
    titles = {i.id: one_line(i.title.within(result.language)) for i in result.checklist.items}
    asked = ((item.id, item.ask) for item in result.checklist.items)
    documents = {item for item, ask in asked if ask is not None and ask.method == "document"}
    points = []
    for finding in findings:
        label = _TOUCHPOINTS.get(finding.touchpoint)
        touchpoint = _(label) if label else finding.touchpoint.replace("-", " ").replace(".", ", ")
        point = f"{titles[finding.item]} ({touchpoint})"
        if scores:
            score = numbers.score(finding.score)
            point = _("{point}: {score} out of 100", point=point, score=score)
            if finding.item in documents:
                point = ngettext(
                    "{point}, by {n} document", "{point}, by {n} documents", finding.n, point=point
                )
        points.append(point)
    return points


def _protection(result: AuditResult, minimum: int) -> Iterator[str]:
    yield _("No one is named here.")
    yield _(
        "We show no number that is based on fewer than {minimum} cases, unless it was read in "
        "documents.",
        minimum=numbers.count(minimum),
    )
    yield _("If you could work such a number out from others, we hide some of these too.")
    if any(finding.reason.startswith("kept back") for finding in result.findings):
        yield _("This is why some scores are missing.")


def _whole(result: AuditResult) -> list[Finding]:
    root = result.units.root.id
    roles = {item.id: item.role for item in result.checklist.items}
    return [
        finding
        for finding in result.findings
        if finding.unit == root and roles[finding.item] == "practice" and not finding.state.neutral
    ]
