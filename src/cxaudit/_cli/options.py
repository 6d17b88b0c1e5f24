"""The values of options: sizes and waves."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["in_wave", "size"]


def size(value: str) -> int:
    """Return the bytes of a size such as 2GB."""
    from cxaudit._model.resources import size_of

    try:
        return size_of(value)
    except ValueError as error:
        msg = f"{error}."
        raise click.BadParameter(msg) from None


def in_wave(audit: Any, period: str) -> Any:
    """Return an audit that judges another of its waves.

    Raises:
        AuditFileError: If it has no such wave.
    """
    import attrs

    from cxaudit.errors import AuditFileError, Problem, did_you_mean

    for wave in audit.waves:
        if wave.id == period:
            return attrs.evolve(audit, wave=wave)
    waves = [wave.id for wave in audit.waves]
    hint = did_you_mean(period, waves) or (
        f"It has {', '.join(waves)}." if waves else "It has none; add a [[wave]]."
    )
    problem = Problem(f"there is no wave {period!r}", file=audit.path.name, hint=hint)
    raise AuditFileError((problem,))
