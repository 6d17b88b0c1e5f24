"""Actions that sources tell of, by the items that they answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cxaudit._audit.evidence.redaction import Redact
from cxaudit._model.actions import PlannedAction
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.evidence import Evidence
from cxaudit._model.result import Note
from cxaudit._model.said import Said
from cxaudit._plugins.host import PluginHost

__all__ = ["planned_actions"]

_COLUMNS = ("action_id", "item", "unit", "what", "owner", "due_on", "done_on")


def planned_actions(
    audit: Audit, host: PluginHost, engine: EngineSession, clean: Redact
) -> tuple[tuple[PlannedAction, ...], tuple[Note, ...]]:
    """Return the actions on items of the checklist, and notes on those on other items.

    What will be done passes the redactors; the owner is kept by name, for that is what the
    client states the owner for.
    """
    table = host.registry.get("table", "actions")
    items = {item.id for item in audit.checklist.items}
    actions: list[PlannedAction] = []
    unknown: Counter[str] = Counter()
    for batch in engine.rows(RowQuery(table=table.id, columns=_COLUMNS)):
        for row in batch:
            if row["item"] not in items:
                unknown[row["item"] or ""] += 1
                continue
            piece = Evidence(
                kind="row", source=row["_source"], key=str(row["_row"]), quote=row["what"] or ""
            )
            (what,) = clean([piece])
            actions.append(
                PlannedAction(
                    id=row["action_id"],
                    item=row["item"],
                    unit=row["unit"],
                    what="" if what is None else what.quote,
                    owner=row["owner"] or "",
                    due_on=row["due_on"],
                    done_on=row["done_on"],
                )
            )
    return tuple(sorted(actions, key=lambda action: action.id)), tuple(_notes(unknown))


def _notes(unknown: Counter[str]) -> Iterator[Note]:
    for item, count in sorted(unknown.items()):
        text = Said("actions-without-item", n=count)
        if item:
            text = Said("actions-on-unknown-item", n=count, name=item)
        yield Note(subject=Said("of-actions"), text=text)
