"""Work of DuckDB beside the main thread, so that Ctrl-C is ours to answer.

In the main thread a signal reaches DuckDB's own code: a statement fails with another error than
`KeyboardInterrupt`, and while the library is loaded the process may end at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cxaudit._model.resources import telling_what_ran_out

if TYPE_CHECKING:
    import duckdb

    from cxaudit._model.engine import Progress

__all__ = ["BATCH", "GuardedConnection", "beside"]

BATCH = 2000
"""Rows that are handed over at a time."""

_PAUSE = 0.2

_T = TypeVar("_T")


def beside(
    work: Callable[[], _T],
    interrupt: Callable[[], None] | None = None,
    look: Callable[[], None] | None = None,
) -> _T:
    """Return what some work gives. On Ctrl-C the work is ended first, then the signal told.

    Args:
        work: What to do.
        interrupt: Asks the work to end; may be called several times. None waits for its end.
        look: Called several times a second while the work lasts; what it raises is as Ctrl-C.
    """
    done: list[_T] = []
    failed: list[BaseException] = []
    # Not Thread.join: broken off, it may take a live thread for ended (Python 3.11).
    finished = threading.Event()

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failed.append(error)
        finally:
            finished.set()

    thread = threading.Thread(target=run, name="cxaudit-duckdb", daemon=True)
    try:
        thread.start()
        # A signal that comes just before an endless wait would not end it.
        while not finished.wait(_PAUSE):
            if look is not None:
                look()
    except BaseException:
        # The signal may come before the thread has started at all.
        while not finished.wait(0.1) and thread.is_alive():
            if interrupt is not None:
                interrupt()
        raise
    if failed:
        raise failed[0]
    return done[0]


class GuardedConnection:
    """A connection whose work Ctrl-C stops, and which it then closes.

    Attributes:
        unguarded: The connection itself.
        progress: Told while work lasts; None for nobody.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Guard a connection.

        Args:
            connection: An open one.
        """
        self.unguarded = connection
        self.progress: Progress | None = None

    def do(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run a statement that gives nothing."""
        self.guard(lambda connection: connection.execute(statement, [*values] or None))

    def fetched(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self.guard(
            lambda connection: connection.execute(statement, [*values] or None).fetchall()
        )

    def arrays(self, statement: str, values: Sequence[Any] = ()) -> dict[str, Any]:
        """Return the columns of a statement, each an array."""
        return self.guard(
            lambda connection: connection.execute(statement, [*values] or None).fetchnumpy()
        )

    def columns(self, statement: str, values: Sequence[Any] = ()) -> dict[str, Sequence[Any]]:
        """Return the columns of a statement, with values of Python."""

        def work(connection: duckdb.DuckDBPyConnection) -> dict[str, Sequence[Any]]:
            names = [name for name, *_ in connection.execute(statement, [*values]).description]
            columns = zip(*connection.fetchall(), strict=True)
            return {name: next(columns, ()) for name in names}

        return self.guard(work)

    def batches(
        self, statement: str, values: Sequence[Any] = ()
    ) -> Iterator[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
        """Yield the columns of a statement with some of its rows, until there are no more."""
        cursor = self.guard(lambda connection: connection.cursor())
        try:
            self.guard(lambda _: cursor.execute(statement, [*values] or None), cursor)
            columns = cursor.description or []
            while batch := self.guard(lambda _: cursor.fetchmany(BATCH), cursor):
                yield columns, batch
        finally:
            cursor.close()

    def guard(
        self,
        work: Callable[[duckdb.DuckDBPyConnection], _T],
        cursor: duckdb.DuckDBPyConnection | None = None,
    ) -> _T:
        """Do work with the connection beside the main thread; Ctrl-C stops it and closes it.

        Args:
            work: What to do.
            cursor: Whose statement it is; None for the connection's own.
        """
        used = cursor or self.unguarded
        look = None if self.progress is None else partial(_tell, self.progress, used)
        try:
            with telling_what_ran_out():
                return beside(lambda: work(self.unguarded), used.interrupt, look)
        except KeyboardInterrupt:
            self.close()
            raise

    def close(self) -> None:
        """Free everything."""
        self.unguarded.close()


def _tell(progress: Progress, connection: duckdb.DuckDBPyConnection) -> None:
    """Tell how much of a connection's statement is done. DuckDB gives -1 where it does not know."""
    percent = connection.query_progress()
    progress(min(percent / 100, 1.0) if percent >= 0 else None)
