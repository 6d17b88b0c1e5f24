"""The commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import click

import cxaudit
from cxaudit._cli.exits import FAILED, code_of
from cxaudit._model.identifiers import short

__all__ = ["cli"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@attrs.frozen
class _Options:
    plugins: tuple[Path, ...]
    block: tuple[str, ...]

    def session(self) -> Any:
        from cxaudit.session import Session

        session = Session(self.plugins, self.block)
        for problem in session.problems:
            plugin = f"{problem.plugin}: " if problem.plugin else ""
            click.echo(f"Plugin problem: {plugin}{problem.subject}: {problem.cause}", err=True)
        return session


class _Commands(click.Group):
    """Core's commands, and those of plugins, which are loaded only when asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        options = _Options(tuple(ctx.params.get("plugins", ())), tuple(ctx.params.get("block", ())))
        session = options.session()
        for name, spec in session.registered("command").items():
            if short(name) == cmd_name:
                found = session.resolve(spec.command)
                assert isinstance(found, click.Command)
                return found
        return None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(cxaudit.__version__, message="cxaudit %(version)s")
@click.option(
    "--plugins",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder whose files are loaded as plugins (trusted code).",
)
@click.option("--block", multiple=True, metavar="NAME", help="Plugin not to import.")
@click.pass_context
def cli(ctx: click.Context, plugins: tuple[Path, ...], block: tuple[str, ...]) -> None:
    """Audit customer experience: what is asked, observed and measured, in one score."""
    ctx.obj = _Options(plugins, block)


@cli.command()
@click.argument("audit", type=_FILE)
@click.option("--period", metavar="WAVE", help="Judge this wave instead of the file's own.")
@click.option("--results", type=_FOLDER, help="Folder for results [default: beside the file].")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@as_json
@click.pass_obj
def run(
    options: _Options,
    audit: Path,
    period: str | None,
    results: Path | None,
    quiet: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Run an audit, save its result and show the report."""
    from cxaudit._cli.progress import Progress
    from cxaudit._cli.saving import run_and_save

    session = options.session()
    loaded = session.load(audit)
    if period is not None:
        loaded = _in_wave(loaded, period)
    with Progress(quiet=quiet) as progress:
        result, written = run_and_save(session, loaded, results, progress)
    if as_json:
        click.echo(session.render(result, "json"), nl=False)
    else:
        click.echo(session.render(result, "terminal"), nl=False)
    click.echo("", err=True)
    for path in written:
        click.echo(f"Written: {path}", err=True)
    return code_of(result)


def _in_wave(audit: Any, period: str) -> Any:
    from cxaudit.errors import UnknownNameError

    for wave in audit.waves:
        if wave.id == period:
            return attrs.evolve(audit, wave=wave)
    raise UnknownNameError(kind="wave", name=period, known=tuple(w.id for w in audit.waves))


@cli.command()
@click.argument("audit", type=_FILE)
@as_json
@click.pass_obj
def plan(options: _Options, audit: Path, as_json: bool) -> None:  # noqa: FBT001
    """Show what a run would read and ask, without reading data."""
    session = options.session()
    planned = session.plan(session.load(audit))
    if as_json:
        click.echo(json.dumps(attrs.asdict(planned), indent=2, ensure_ascii=False))
        return
    for source in planned.sources:
        click.echo(f"-- read {source.table} from {', '.join(source.paths)} ({source.name})")
    for statement in planned.statements:
        click.echo(f"\n-- {', '.join(statement.metrics)}")
        click.echo(f"{statement.text};")
    for metric, reason in planned.unavailable.items():
        click.echo(f"\n-- not measured: {metric}: {reason}")


@cli.command()
@click.argument("checklist")
@as_json
@click.pass_obj
def validate(options: _Options, checklist: str, as_json: bool) -> None:  # noqa: FBT001
    """Check a checklist or an audit file; all its problems at once."""
    session = options.session()
    found, notes = _load_either(session, checklist)
    if as_json:
        listed = [attrs.asdict(note) for note in notes]
        click.echo(json.dumps({"items": len(found.items), "notes": listed}, indent=2))
        return
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    live = sum(item.excluded is None for item in found.items)
    click.echo(f"{checklist}: no errors. {live} items, {len(found.items) - live} excluded.")


def _load_either(session: Any, location: str) -> tuple[Any, Any]:
    """Return the checklist of a checklist file, an id, or an audit file, and its notes."""
    if location.endswith(".toml") and _is_audit(Path(location)):
        checklist = session.load(location).checklist
    else:
        checklist = session.load_checklist(location)
    return checklist, session.lint(checklist)


def _is_audit(path: Path) -> bool:
    import tomli

    try:
        return "audit" in tomli.loads(path.read_text(encoding="utf-8"))
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
    session = options.session()
    found, _ = _load_either(session, checklist)
    explanation = session.explain(found, item)
    if as_json:
        click.echo(json.dumps(explanation.to_dict(), indent=2, ensure_ascii=False, default=str))
        return
    click.echo(str(explanation))


@cli.command()
@click.option("--write", type=_FOLDER, help="Write it to FOLDER/checklist-1.schema.json.")
@click.pass_obj
def schema(options: _Options, write: Path | None) -> None:
    """Print the JSON Schema of checklists, with the live plugins' checks."""
    text = json.dumps(options.session().schema(), indent=2, ensure_ascii=False)
    if write is None:
        click.echo(text)
        return
    from cxaudit._reports.serialise import write_file

    write_file(write / "checklist-1.schema.json", text + "\n")
    click.echo(f"Written: {write / 'checklist-1.schema.json'}", err=True)


@cli.command("list")
@click.argument("kind")
@as_json
@click.pass_obj
def list_(options: _Options, kind: str, as_json: bool) -> None:  # noqa: FBT001
    """List what is registered: check, metric, table, source, output, policy ..."""
    found = options.session().registered(kind.removesuffix("s") if kind != "lens" else kind)
    lines = {short(name): _summary(spec) for name, spec in found.items()}
    if as_json:
        click.echo(json.dumps(lines, indent=2, ensure_ascii=False))
        return
    width = max(map(len, lines), default=0)
    for name, text in lines.items():
        click.echo(f"{name:<{width}}  {text}".rstrip())


def _summary(spec: Any) -> str:
    for name in ("summary", "meaning", "title"):
        if text := getattr(spec, name, ""):
            return str(text)
    return ""


@cli.command()
@click.argument("result", type=_FILE)
@click.argument("policy")
@click.option("--output", "output", default="terminal", show_default=True, help="Output id.")
@click.option("--to", type=_FILE, help="Write to this file instead of stdout.")
@click.pass_obj
def rescore(options: _Options, result: Path, policy: str, output: str, to: Path | None) -> int:
    """Score a saved result under another policy, from what it holds alone."""
    session = options.session()
    rescored = session.rescore(session.read_result(result), policy)
    _emit(session, rescored, output, to, "client")
    return code_of(rescored)


@cli.command()
@click.argument("result", type=_FILE)
@click.option("--output", default="terminal", show_default=True, help="Output id.")
@click.option("--to", type=_FILE, help="Write to this file instead of stdout.")
@click.option(
    "--audience",
    type=click.Choice(["client", "internal", "public"]),
    default="client",
    show_default=True,
    help="For whom it is.",
)
@click.pass_obj
def report(options: _Options, result: Path, output: str, to: Path | None, audience: str) -> None:
    """Render a saved result, with no access to the data."""
    session = options.session()
    _emit(session, session.read_result(result), output, to, audience)


def _emit(session: Any, result: Any, output: str, to: Path | None, audience: str) -> None:
    content = session.render(result, output, to, audience=audience)
    if to is not None:
        click.echo(f"Written: {to}", err=True)
    else:
        click.echo(content, nl=False)


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
        records = [attrs.asdict(record) for record in session.plugins]
        click.echo(json.dumps(records, indent=2, ensure_ascii=False))
        return
    for record in session.plugins:
        state = f"quarantined: {record.quarantined}" if record.quarantined else "loaded"
        click.echo(" ".join(part for part in (record.name, record.version, state) if part))


@plugins.command()
@click.pass_obj
def doctor(options: _Options) -> int:
    """Load all plugins and say what fails."""
    session = options.session()
    for problem in session.problems:
        click.echo(f"{problem.plugin or problem.subject}: {problem.stage}: {problem.cause}")
        if problem.hint:
            click.echo(f"  Hint: {problem.hint}")
    if not session.problems:
        click.echo(f"{len(session.plugins)} plugins, none with a problem.")
    return FAILED if session.problems else 0
