"""What core registers, loaded like any plugin."""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit.plugin import Engine, hook


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield the tables, checks, sources, policies, outputs, touchpoints and lenses of core."""
    from cxaudit._builtin.checks import CHECKS
    from cxaudit._builtin.lenses import LENSES, TOUCHPOINTS
    from cxaudit._builtin.outputs import OUTPUTS
    from cxaudit._builtin.policies import POLICIES
    from cxaudit._builtin.sources import SOURCES
    from cxaudit._builtin.tables import TABLES

    yield from TOUCHPOINTS
    yield from LENSES
    yield from TABLES
    yield from CHECKS
    yield from SOURCES
    yield from POLICIES
    yield from OUTPUTS
    yield Engine(
        id="cxaudit.duckdb",
        connect="cxaudit._engines.duckdb.session:connect",
        summary="DuckDB, embedded: the default.",
    )
