"""What was lost of the records, in words: short on page one, with the likely cause elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

from cxaudit._model.evidence import Loss, SourceAccount
from cxaudit._model.report import TextBlock
from cxaudit._model.result import AuditResult
from cxaudit._report.rows import column_title
from cxaudit._words import numbers
from cxaudit._words.clean import clean
from cxaudit._words.language import _, ngettext, speaking, translated

__all__ = ["loss_details", "loss_lines", "warnings"]


def loss_lines(result: AuditResult) -> tuple[TextBlock, ...]:
    """Return one short warning for each source that lost more than 1 in 100."""
    return tuple(
        TextBlock(
            text=_(
                "{source}: {losses}. More under “{section}”.",
                source=account.source,
                section=_("What was read"),
                losses="; ".join(
                    _fact(loss, result, _("“{title}”", title=column_title(loss.column)))
                    for loss in account.losses
                ),
            ),
            tone="warning",
        )
        for account in result.accounts
        if account.losses
    )


def loss_details(result: AuditResult) -> tuple[TextBlock, ...]:
    """Return each loss with its likely cause."""
    return tuple(TextBlock(text=f"{text}.", tone="warning") for text in _details(result))


def warnings(result: AuditResult) -> tuple[str, ...]:
    """Return each loss with its likely cause, for whoever runs the audit, in its language."""
    with speaking(result.language):
        return tuple(map(clean, _details(result)))


def _details(result: AuditResult) -> Iterator[str]:
    for account in result.accounts:
        for loss in account.losses:
            parts = (_fact(loss, result, loss.column), *_cause(loss, account))
            yield f"{account.source}: {'; '.join(parts)}"


def _fact(loss: Loss, result: AuditResult, column: str) -> str:
    lost, share = numbers.count(loss.lost), numbers.percent(loss.lost / (loss.of or 1))
    match loss.kind:
        case "wave":
            wave = result.wave.id if result.wave is not None else ""
            return ngettext(
                "its only row lies outside the wave {wave}",
                "all {n} rows lie outside the wave {wave}",
                loss.lost,
                wave=wave,
            )
        case "as_of":
            return ngettext(
                "its only row lies after {day}, the last day observed (as_of)",
                "all {n} rows lie after {day}, the last day observed (as_of)",
                loss.lost,
                day=_day(loss.likely),
            )
        case "rows":
            return ngettext(
                "{lost} of {n} row was refused ({share})",
                "{lost} of {n} rows were refused ({share})",
                loss.of,
                lost=lost,
                share=share,
            )
        case "units":
            return ngettext(
                "the unit of {lost} of {n} row is not known ({share})",
                "the units of {lost} of {n} rows are not known ({share})",
                loss.of,
                lost=lost,
                share=share,
            )
        case "times":
            return ngettext(
                "{lost} of {n} time in {column} could not be read ({share})",
                "{lost} of {n} times in {column} could not be read ({share})",
                loss.of,
                lost=lost,
                column=column,
                share=share,
            )
        case _:
            return ngettext(
                "{lost} of {n} value in {column} could not be read ({share})",
                "{lost} of {n} values in {column} could not be read ({share})",
                loss.of,
                lost=lost,
                column=column,
                share=share,
            )


def _cause(loss: Loss, account: SourceAccount) -> Iterator[str]:
    if loss.kind == "times" and loss.likely:
        yield _(
            "{fit} of the {seen} looked at fit the format {formats}",
            fit=numbers.count(loss.fit),
            seen=numbers.count(loss.seen),
            formats=_(" or ").join(f"'{layout}'" for layout in loss.likely),
        )
    if loss.kind == "rows" and loss.likely:
        yield _("mostly: {reason}", reason=translated(loss.likely[0]))
    if loss.kind == "units" and loss.likely:
        yield ngettext(
            "this code is in no [unit_alias]: {codes}",
            "these codes are in no [unit_alias]: {codes}",
            len(loss.likely),
            codes=", ".join(_codes(loss.likely, account)),
        )


def _codes(codes: Iterable[str], account: SourceAccount) -> Iterator[str]:
    for code in codes:
        rows = account.unmatched_units.get(code, 0)
        name = f"'{code}'" if code else _("(empty)")
        yield f"{name} ({numbers.count(rows)})"


def _day(likely: Iterable[str]) -> str:
    for text in likely:
        with suppress(ValueError):
            return numbers.day(date.fromisoformat(text))
    return numbers.DASH
