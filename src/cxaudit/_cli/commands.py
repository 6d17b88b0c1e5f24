"""The commands: each a thin call of `cxaudit.session`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import cxaudit
from cxaudit._cli.exits import FAILED, code_of
from cxaudit._cli.guard import traceback_of
from cxaudit._cli.options import in_wave, size
from cxaudit._cli.streams import put, put_json, put_output, say
from cxaudit._model.identifiers import short
from cxaudit._scaffold.kinds import KINDS

if TYPE_CHECKING:
    from cxaudit._model.result import RunProblem

__all__ = ["cli"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class _Options(NamedTuple):
    plugins: tuple[Path, ...]
    block: tuple[str, ...]

    def session(self, *, silent: bool = False) -> Any:
        from cxaudit.session import Session

        session = Session(self.plugins, self.block)
        if not silent:
            _say_problems(session, ())
        return session


def _say_problems(
    session: Any, reported: Sequence[RunProblem], further: Sequence[RunProblem] = ()
) -> int:
    """Say what failed and was not reported yet; return the exit code for all that failed."""
    problems = dict.fromkeys((*further, *session.problems))
    for problem in problems:
        if problem not in reported:
            say(_in_words(problem))
    return FAILED if problems else 0


def _in_words(problem: RunProblem) -> str:
    if problem.plugin:
        subject = f" ({problem.subject})" if problem.subject != problem.plugin else ""
        words = f"Plugin {problem.plugin} failed in {problem.stage}{subject}: {problem.cause}"
    else:
        words = f"{problem.subject} failed in {problem.stage}: {problem.cause}"
    if problem.hint:
        words = f"{words}\n  Hint: {problem.hint}"
    wanted = click.get_current_context().find_root().params.get("traceback")
    return f"{words}\n{traceback_of(problem.error)}" if wanted and problem.error else words


def _line(text: str) -> None:
    put(f"{text}\n")


class _Commands(click.Group):
    """Core's commands, and those of plugins, which are loaded only when asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        builtin = super().get_command(ctx, cmd_name)
        if builtin is not None:
            return builtin
        options = _Options(tuple(ctx.params.get("plugins", ())), tuple(ctx.params.get("block", ())))
        session = options.session()
        for name, spec in session.registered("command").items():
            if short(name) == cmd_name:
                command = session.resolve(spec.command)
                assert isinstance(command, click.Command)
                return command
        return None


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Plugins add commands, such as publish: see `cxaudit list command`.",
)
@click.version_option(cxaudit.__version__, message="cxaudit %(version)s")
@click.option(
    "--plugins",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder whose files are loaded as plugins (trusted code).",
)
@click.option("--block", multiple=True, metavar="NAME", help="Plugin not to import.")
@click.option("--traceback", is_flag=True, help="Show tracebacks of plugins that fail.")
@click.pass_context
def cli(
    ctx: click.Context,
    plugins: tuple[Path, ...],
    block: tuple[str, ...],
    traceback: bool,  # noqa: FBT001
) -> None:
    """Audit customer experience: what is asked, observed and measured, in one score."""
    del traceback  # read where problems are told
    ctx.obj = _Options(plugins, block)


@cli.command()
@click.argument("audit", type=_FILE)
@click.option("--period", metavar="WAVE", help="Judge this wave instead of the file's own.")
@click.option("--results", type=_FOLDER, help="Folder for results [default: beside the file].")
@click.option("--memory", type=size, help="The most memory for the engine, such as 2GB.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@as_json
@click.pass_obj
def run(
    options: _Options,
    audit: Path,
    period: str | None,
    results: Path | None,
    memory: int | None,
    quiet: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Run an audit, save its result and show the report."""
    import attrs

    from cxaudit._cli.progress import Progress, conclude
    from cxaudit._cli.saving import run_and_save

    session = options.session()
    reported = session.problems
    loaded = session.load(audit)
    if period is not None:
        loaded = in_wave(loaded, period)
    if memory is not None:
        loaded = attrs.evolve(loaded, memory=memory)
    with Progress(quiet=quiet) as progress:
        result, written = run_and_save(session, loaded, results, progress)
    output = "json" if as_json else "terminal"
    put_output(session.render(result, output), output)
    conclude(result, written)
    failed = _say_problems(session, reported, result.problems)
    return code_of(result) or failed


@cli.command()
@click.argument("audit", type=_FILE)
@click.option(
    "--cases", metavar="N", type=click.IntRange(min=1), help="Cases planned for each asked item."
)
@click.option("--last", type=_FILE, help="An earlier result [default: the newest of the audit].")
@as_json
@click.pass_obj
def plan(
    options: _Options,
    audit: Path,
    cases: int | None,
    last: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show what a run would read and ask, without reading data, and how sure it would be."""
    from cxaudit._cli.saving import newest_result
    from cxaudit.errors import ResultError

    session = options.session()
    loaded = session.load(audit)
    earlier = session.read_result(last) if last is not None else None
    if last is None and (newest := newest_result(loaded)) is not None:
        try:
            earlier = session.read_result(newest)
        except ResultError as error:
            say(f"Not used for how sure it would be: {error}")
    planned = session.plan(loaded, cases=cases, last=earlier)
    if as_json:
        put_json(planned)
        return
    for source in planned.sources:
        about = "; ".join(filter(None, (source.name, source.counted)))
        _line(f"-- read {source.table} from {', '.join(source.paths)} ({about})")
    for statement in planned.statements:
        _line(f"\n-- {', '.join(statement.metrics) or f'table {statement.table}'}")
        if statement.breakdowns_by_day:
            _line(f"-- and from its days the breakdowns {', '.join(statement.breakdowns_by_day)}")
        _line(f"{statement.text};")
    for metric, reason in planned.unavailable.items():
        _line(f"\n-- not measured: {metric}: {reason}")
    if planned.precision:
        from cxaudit._formats.terminal import render_precision

        put(render_precision(planned.precision, loaded.language))


@cli.command()
@click.argument("checklist")
@as_json
@click.pass_obj
def validate(options: _Options, checklist: str, as_json: bool) -> None:  # noqa: FBT001
    """Check a checklist or an audit file; all its problems at once."""
    session = options.session()
    loaded, notes = _load_either(session, checklist, session.validate)
    if as_json:
        put_json({"items": len(loaded.items), "notes": notes})
        return
    for note in notes:
        say(f"Note: {note}")
    live = sum(item.excluded is None for item in loaded.items)
    _line(f"{checklist}: no errors. {live} items, {len(loaded.items) - live} excluded.")


def _load_either(session: Any, location: str, load: Any) -> tuple[Any, Any]:
    """Return the checklist of a checklist file, an id, or an audit file, and its notes."""
    if location.endswith(".toml") and _is_audit(Path(location)):
        audit = load(location)
        return audit.checklist, session.lint(audit.checklist, audit.language)
    checklist = session.load_checklist(location)
    return checklist, session.lint(checklist)


def _is_audit(path: Path) -> bool:
    import tomli

    try:
        return path.is_file() and "audit" in tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # What is wrong with the file is told where it is read in earnest.
        return False


@cli.command()
@click.argument("checklist")
@click.argument("item")
@as_json
@click.pass_obj
def explain(options: _Options, checklist: str, item: str, as_json: bool) -> None:  # noqa: FBT001
    """Show where each field of an item comes from, and its effective weight."""
    from cxaudit._cli.explaining import as_data, as_text

    session = options.session()
    loaded, _ = _load_either(session, checklist, session.load)
    explanation = session.explain(loaded, item)
    if as_json:
        put_json(as_data(explanation))
        return
    _line(as_text(explanation, session.registered("metric") | {m.id: m for m in loaded.metrics}))


@cli.command()
@click.option("--write", type=_FOLDER, help="Write it to FOLDER/checklist-1.schema.json.")
@as_json
@click.pass_obj
def schema(options: _Options, write: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Print the JSON Schema of checklists, with the live plugins' checks."""
    del as_json  # it is JSON in any case
    content = options.session().schema()
    if write is None:
        put_json(content)
        return
    import json

    from cxaudit._formats.result_json import write_file

    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_file(write / "checklist-1.schema.json", text + "\n")
    say(f"Written: {write / 'checklist-1.schema.json'}")


@cli.command("list")
@click.argument("kind")
@click.argument("words", nargs=-1)
@as_json
@click.pass_obj
def list_(options: _Options, kind: str, words: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    """List what is registered: check, metric, table, source, output, policy ...

    WORDS keep what has them in its id, title, other names or columns: `cxaudit list metric ASA`.
    """
    from cxaudit._model.text import begins_words

    specs = {short(name): spec for name, spec in options.session().registered(kind).items()}
    lines = {
        name: _line_of(spec)
        for name, spec in specs.items()
        if begins_words(" ".join(words), (name, _line_of(spec), *_columns(spec)))
    }
    if as_json:
        put_json(lines)
        return
    if not lines:
        say(f"No {kind} is called so." if specs else f"No {kind} is registered.")
    width = max(map(len, lines), default=0)
    for name, text in lines.items():
        _line(f"{name:<{width}}  {text}".rstrip())


@cli.command()
@click.argument("name")
@as_json
@click.pass_obj
def preset(options: _Options, name: str, as_json: bool) -> None:  # noqa: FBT001
    """Show how a preset reads an export, and its traps.

    NAME is the id of one that `cxaudit list preset` names, or a TOML file.
    """
    from cxaudit._cli.explaining import preset_as_data, preset_as_text

    chosen = options.session().preset(name)
    if as_json:
        put_json(preset_as_data(chosen))
    else:
        _line(preset_as_text(chosen))


def _line_of(spec: Any) -> str:
    also_called = ", ".join(getattr(spec, "also_called", ()))
    return f"{_summary(spec)} [also: {also_called}]" if also_called else _summary(spec)


def _columns(spec: Any) -> tuple[str, ...]:
    return tuple(column.name for column in getattr(spec, "columns", ()))


def _summary(spec: Any) -> str:
    for name in ("summary", "meaning", "title"):
        if text := getattr(spec, name, ""):
            return str(text)
    return ""


@cli.command()
@click.argument("result", type=_FILE)
@click.argument("policy")
@click.option("--output", default="terminal", show_default=True, help="Output id.")
@click.option("--to", type=_FILE, help="Write to this file instead of stdout.")
@as_json
@click.pass_obj
def rescore(
    options: _Options,
    result: Path,
    policy: str,
    output: str,
    to: Path | None,
    as_json: bool,  # noqa: FBT001
) -> int:
    """Score a saved result under another policy, from what it holds alone."""
    session = options.session()
    rescored = session.rescore(session.read_result(result), policy)
    reported = session.problems
    _emit(session, rescored, "json" if as_json else output, to)
    failed = _say_problems(session, reported)
    return code_of(rescored) or failed


@cli.command()
@click.argument("result", type=_FILE)
@click.option("--output", default="terminal", show_default=True, help="Output id.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="Write to this file, or folder of units, not to stdout.",
)
@click.option(
    "--audience",
    type=click.Choice(["client", "internal", "public"]),
    default="client",
    show_default=True,
    help="For whom it is.",
)
@click.option("--release", multiple=True, metavar="FILE", help="Picture that may be shown.")
@click.option("--files", type=_FOLDER, help="Folder in which paths of pictures start.")
@click.option("--each-unit", is_flag=True, help="A report of its own for each unit, into --to.")
@as_json
@click.pass_obj
def report(
    options: _Options,
    result: Path,
    output: str,
    to: Path | None,
    audience: str,
    release: tuple[str, ...],
    files: Path | None,
    each_unit: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Render a saved result, with no access to the data."""
    from cxaudit._report.audiences import AudienceError

    session = options.session()
    reported = session.problems
    if each_unit:
        if to is None or release or files:
            wrong = "--each-unit needs --to, a folder, and takes neither --release nor --files."
            raise click.UsageError(wrong)
        try:
            written = session.render_units(
                session.read_result(result), output, to, audience=audience
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        say(f"Written: {len(written)} files under {to}")
        return _say_problems(session, reported)
    try:
        _emit(
            session,
            session.read_result(result),
            "json" if as_json else output,
            to,
            audience=audience,
            files=files,
            release=release,
        )
    except AudienceError as error:
        raise click.UsageError(str(error)) from error
    return _say_problems(session, reported)


def _emit(session: Any, result: Any, output: str, to: Path | None, **audience: Any) -> None:
    if to is not None and to.is_dir():
        wrong = f"{str(to)!r} is a folder: name a file in it."
        raise click.UsageError(wrong)
    content = session.render(result, output, to, **audience)
    if to is not None:
        files = to if isinstance(content, str | bytes) else f"{len(content)} files under {to.stem}"
        say(f"Written: {files}")
    elif isinstance(content, str | bytes):
        put_output(content, output)
    else:
        wrong = f"{output} makes {len(content)} files of this result: name their place with --to."
        raise click.UsageError(wrong)


@cli.group()
def plugins() -> None:
    """Show plugins and what is wrong with them."""


@plugins.command("list")
@as_json
@click.pass_obj
def plugins_list(options: _Options, as_json: bool) -> None:  # noqa: FBT001
    """List plugins with version and state."""
    session = options.session()
    if as_json:
        put_json(session.plugins)
        return
    for record in session.plugins:
        state = f"quarantined: {record.quarantined}" if record.quarantined else "loaded"
        _line(" ".join(part for part in (record.name, record.version, state) if part))


@plugins.command("new")
@click.argument("name")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice((*KINDS, "all")),
    help="What it begins with; may be repeated. By default a check with its metric.",
)
@click.option("--file", "one_file", is_flag=True, help="One file instead of a package.")
@click.option("--to", "folder", type=_FOLDER, help="Folder to write; by default NAME.")
def plugins_new(
    name: str,
    kinds: tuple[str, ...],
    one_file: bool,  # noqa: FBT001
    folder: Path | None,
) -> None:
    """Write a new plugin with tests that are green."""
    from cxaudit._scaffold.plugin import NewPlugin, name_problem

    if problem := name_problem(name):
        raise click.BadParameter(problem, param_hint="NAME")
    chosen = KINDS if "all" in kinds else kinds or ("check",)
    plugin = NewPlugin(name=name, kinds=chosen, one_file=one_file)
    folder = folder or Path(name)
    try:
        paths = plugin.write(folder)
    except OSError as error:
        cause = f"{folder} cannot be written: {error.strerror}." if error.errno else str(error)
        raise click.UsageError(cause) from None
    for path in paths:
        _line(str(path))
    place = folder if one_file else folder / "src"
    _line("")
    _line(f"Test it:  cd {folder} && pytest")
    if (folder / "example").is_dir():
        _line(f"Run it:   cxaudit --plugins {place} run {folder / 'example' / 'audit.toml'}")


@plugins.command()
@as_json
@click.pass_obj
def doctor(options: _Options, as_json: bool) -> int:  # noqa: FBT001
    """Load all plugins with all that they name, and say what each adds and what is wrong."""
    session = options.session(silent=True)
    diagnosis = session.examine_plugins()
    problems = diagnosis.problems
    if as_json:
        put_json(problems)
        return FAILED if problems else 0
    for plugin in diagnosis.plugins:
        parts = [f"{kind} {', '.join(names)}" for kind, names in plugin.registered.items()]
        name = f"{plugin.name} {plugin.version}".rstrip()
        _line(f"{name}: {'; '.join(parts) or 'registers nothing'}; {plugin.seconds:.2f} s")
        for note in plugin.notes:
            _line(f"  Note: {note}")
    for problem in problems:
        _line(_in_words(problem))
    if not problems:
        _line(f"{len(session.plugins)} plugins, none with a problem.")
    return FAILED if problems else 0
