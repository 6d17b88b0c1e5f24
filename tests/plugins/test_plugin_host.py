"""Loading plugins and calling hooks: each alone, failures kept apart and named."""

# ruff: noqa: ARG002, ARG005 - implementations name arguments to receive them
from __future__ import annotations

import functools
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxaudit._plugins.host import PluginHost
from cxaudit.errors import PluginError
from cxaudit.plugin import Check, Evidence, Lens, Section, Verdict, blocks, hook


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def problems_of(host: PluginHost, plugin: str) -> list[tuple[str, str, str]]:
    return [(p.stage, p.cause, p.hint) for p in host.problems if p.plugin == plugin]


def record(host: PluginHost, name: str):
    (found,) = [plugin for plugin in host.plugins if plugin.name == name]
    return found


def judge(request) -> Verdict:
    raise NotImplementedError


EVIDENCE = Evidence(kind="comment", source="visits.csv", quote="room 214")


# -- loading ------------------------------------------------------------------------------


def test_our_own_plugins_come_first_and_bear_the_version_of_the_distribution():
    from cxaudit import __version__

    host = PluginHost()
    assert host.plugins[0].name == "cxaudit"
    assert host.plugins[0].version == __version__
    assert len(host.plugins[0].digest) == 64


def test_a_plugin_that_fails_at_import_is_quarantined_and_the_others_load(tmp_path):
    write(tmp_path, "broken.py", "value = 1\nraise RuntimeError('no licence')\n")
    write(tmp_path, "syntax.py", "def (:\n")
    write(tmp_path, "leaves.py", "import sys\nsys.exit(3)\n")
    write(
        tmp_path,
        "whole.py",
        """
        from cxaudit.plugin import Lens, hook
        @hook
        def cxaudit_register():
            yield Lens(id="house", title="House", keys={"warm": "Warm"})
        """,
    )
    host = PluginHost([tmp_path])
    assert problems_of(host, "broken") == [
        ("import", "RuntimeError: no licence", "Raised in broken.py, line 2.")
    ]
    ((stage, cause, _),) = problems_of(host, "syntax")
    assert (stage, cause.split(":")[0]) == ("import", "SyntaxError")
    assert problems_of(host, "leaves")[0][1] == "SystemExit: 3"
    assert record(host, "broken").quarantined == "import: RuntimeError: no licence"
    assert host.registry.get("lens", "house").title == "House"
    assert record(host, "whole").quarantined == ""


def test_what_was_yielded_before_a_failure_in_register_is_kept_with_its_origin():
    class Half:
        @hook
        def cxaudit_register(self):
            yield Lens(id="half", title="Half", keys={})
            yield Lens(id="Not An Id", title="", keys={})

        @hook
        def cxaudit_gate(self):
            return ["never asked"]

    host = PluginHost([Half])
    assert host.registry.origin("lens", "half") == "Half"
    ((stage, cause, _),) = problems_of(host, "Half")
    assert stage == "cxaudit_register"
    assert "'Not An Id' is not an id" in cause
    assert ("Half", "never asked") not in host.call("cxaudit_gate", result=None)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ValueError("sums differ"), "ValueError: sums differ"),
        (SystemExit(2), "SystemExit: 2"),
        (GeneratorExit(), "GeneratorExit"),
        (BaseException("odd"), "BaseException: odd"),
        (StopIteration("done"), "RuntimeError: generator raised StopIteration"),
        (RecursionError("deep"), "RecursionError: deep"),
    ],
)
def test_a_failing_hook_keeps_what_it_yielded_and_is_named_once(error, cause):
    class Fails:
        @hook
        def cxaudit_gate(self, result):
            yield f"first {result}"
            raise error

    class Works:
        @hook
        def cxaudit_gate(self):
            return ("second", "third")

    host = PluginHost([Fails, Works])
    assert host.call("cxaudit_gate", result=7) == (
        ("Fails", "first 7"),
        ("Works", "second"),
        ("Works", "third"),
    )
    assert [(stage, why) for stage, why, _ in problems_of(host, "Fails")] == [
        ("cxaudit_gate", cause)
    ]
    assert record(host, "Fails").quarantined == f"cxaudit_gate: {cause}"
    assert [name for name, _ in host.call("cxaudit_gate", result=7)] == ["Works", "Works"]
    assert len(problems_of(host, "Fails")) == 1


def test_an_error_whose_own_text_fails_is_still_recorded():
    class MuteError(Exception):
        def __str__(self):
            raise OSError

    class Fails:
        @hook
        def cxaudit_after_run(self):
            raise MuteError

    host = PluginHost([Fails])
    assert host.call("cxaudit_after_run", result=None) == ()
    assert problems_of(host, "Fails")[0][1] == "MuteError: (its text cannot be shown)"


def test_ctrl_c_inside_a_plugin_stops_the_run():
    class Long:
        @hook
        def cxaudit_gate(self):
            raise KeyboardInterrupt

    host = PluginHost([Long])
    with pytest.raises(KeyboardInterrupt):
        host.call("cxaudit_gate", result=None)


# -- what an implementation must look like ------------------------------------------------


def refused_hooks():
    class Wrapper:
        @hook(wrapper=True)
        def cxaudit_gate(self, result):
            return (yield)

    class OldWrapper:
        @hook(hookwrapper=True)
        def cxaudit_gate(self, result):
            yield

    class Typo:
        @hook
        def cxaudit_redcat(self, evidence):
            return evidence

    class Unmarked:
        def cxaudit_gate(self, result):
            return ["unmarked"]

    class UnmarkedTypo:
        def cxaudit_registr(self):
            return []

    class WrongArgument:
        @hook
        def cxaudit_report_sections(self, result, audiance):
            return []

    class Positional:
        @hook
        def cxaudit_gate(self, result, /):
            return []

    class Async:
        @hook
        async def cxaudit_gate(self, result):
            return []

    class Partial:
        cxaudit_gate = hook(functools.partial(lambda result: [], None))

    class OtherPartial:
        another_name = hook(functools.partial(lambda result: [], None), specname="cxaudit_gate")

    class NoHooks:
        pass

    return {
        Wrapper: ("cxaudit_gate is declared with wrapper, which is refused", "by itself"),
        OldWrapper: ("cxaudit_gate is declared with hookwrapper, which is refused", "by itself"),
        Typo: ("there is no hook 'cxaudit_redcat'", "'cxaudit_redact'"),
        Unmarked: ("cxaudit_gate is not marked as a hook", "@hook"),
        UnmarkedTypo: ("there is no hook 'cxaudit_registr'", "'cxaudit_register'"),
        WrongArgument: (
            "cxaudit_report_sections cannot be given the argument 'audiance'",
            "'audience'",
        ),
        Positional: ("cxaudit_gate cannot be given the argument 'result'", "result"),
        Async: ("cxaudit_gate is asynchronous", "async def"),
        Partial: ("cxaudit_gate is no plain function", "def"),
        OtherPartial: ("cxaudit_gate is no plain function", "def"),
        NoHooks: ("it has no hooks", "@hook"),
    }


@pytest.mark.parametrize(
    ("plugin", "expected"),
    refused_hooks().items(),
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_implementation_that_cannot_work_is_named_and_not_called(plugin, expected):
    host = PluginHost([plugin])
    ((_, cause, hint),) = problems_of(host, plugin.__name__)
    assert cause == expected[0]
    assert expected[1] in hint
    assert plugin.__name__ not in dict(host.call("cxaudit_gate", result=None))


def test_one_refused_hook_costs_its_plugin_no_other():
    class Mixed:
        @hook
        def cxaudit_gate(self, reslt):
            return ["never asked"]

        @hook
        def cxaudit_after_rum(self, result):
            return None

        @hook
        def cxaudit_register(self):
            yield Lens(id="mixed", title="Mixed", keys={})

        @hook(optionalhook=True)
        def cxaudit_from_a_later_version(self, whatever):
            return None

    host = PluginHost([Mixed])
    assert host.registry.origin("lens", "mixed") == "Mixed"
    assert [(stage, cause) for stage, cause, _ in problems_of(host, "Mixed")] == [
        ("cxaudit_gate", "cxaudit_gate cannot be given the argument 'reslt'"),
        ("cxaudit_after_rum", "there is no hook 'cxaudit_after_rum'"),
    ]
    assert record(host, "Mixed").quarantined == ""


def gate(reason, **options):
    @hook(**options)
    @staticmethod
    def cxaudit_gate():
        return reason

    return type(reason.title(), (), {"cxaudit_gate": cxaudit_gate})


def test_hooks_are_called_in_the_order_of_loading_but_for_those_that_ask_to_be_first_or_last():
    plugins = [
        gate("last", trylast=True),
        gate("second"),
        gate("first", tryfirst=True),
        gate("third"),
    ]
    reasons = [reason for _, reason in PluginHost(plugins).call("cxaudit_gate", result=None)]
    assert reasons == ["first", "second", "third", "last"]


def test_a_spec_that_fails_when_it_is_looked_at_costs_no_other():
    class Odd:
        @property
        def id(self):
            raise RuntimeError

    class Gives:
        @hook
        def cxaudit_register(self):
            yield Odd()
            yield Lens(id="after", title="After", keys={})

    host = PluginHost([Gives])
    assert host.registry.origin("lens", "after") == "Gives"
    assert [(stage, cause) for stage, cause, _ in problems_of(host, "Gives")] == [
        ("cxaudit_register", "RuntimeError")
    ]


def test_implementations_get_only_the_arguments_they_name():
    class Picks:
        @hook
        def cxaudit_report_sections(self, audience="nobody"):
            yield Section(id=audience, title="", blocks=(blocks.TextBlock(text="x"),))

        @hook
        def cxaudit_propose_exclusions(self, **everything):
            yield ",".join(sorted(everything)), "why"

        @hook(specname="cxaudit_gate")
        def another_name(self, *, result, limit=3):
            yield f"{result}{limit}"

    host = PluginHost([Picks])
    assert host.call("cxaudit_report_sections", result=None, audience="client")[0][1].id == "client"
    assert host.call("cxaudit_propose_exclusions", audit=1, items=(), unit=2) == (
        ("Picks", ("audit,items,unit", "why")),
    )
    assert host.call("cxaudit_gate", result=5) == (("Picks", "53"),)
    assert problems_of(host, "Picks") == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("cxaudit_gate", [3]),
        ("cxaudit_propose_exclusions", ("phone.wait", "no phone")),
        ("cxaudit_propose_exclusions", {"phone.wait": "no phone"}),
        ("cxaudit_report_sections", ["<b>raw</b>"]),
    ],
)
def test_items_of_the_wrong_type_are_a_failure_of_the_plugin(name, given):
    plugin = type("Odd", (), {name: hook(staticmethod(lambda: given).__func__)})
    setattr(plugin, name, staticmethod(getattr(plugin, name)))
    host = PluginHost([plugin])
    arguments = {"result": None, "audience": "client", "audit": 1, "items": (), "unit": 1}
    assert host.call(name, **arguments) == ()
    ((stage, cause, _),) = problems_of(host, "Odd")
    assert stage == name
    assert cause.startswith(f"TypeError: {name} gives ")


# -- redaction fails closed ---------------------------------------------------------------


def chain(*plugins):
    host = PluginHost(plugins)
    return host, host.call_chain("cxaudit_redact", evidence=EVIDENCE)


class Stars:
    @hook
    def cxaudit_redact(self, evidence):
        return Evidence(kind=evidence.kind, source=evidence.source, quote="room ***")


def test_redactors_work_one_after_another():
    class Adds:
        @hook
        def cxaudit_redact(self, evidence):
            return Evidence(kind=evidence.kind, source=evidence.source, quote=evidence.quote + "!")

    assert chain(Stars, Adds)[1].quote == "room ***!"
    assert chain()[1] == EVIDENCE


@pytest.mark.parametrize("result", [None, "room ***", 3])
def test_a_redactor_that_gives_nothing_or_something_else_drops_the_piece(result):
    class Drops:
        @hook
        def cxaudit_redact(self, evidence):
            return result

    assert chain(Drops, Stars)[1] is None


def test_a_redactor_that_failed_once_is_never_passed_by():
    class Fails:
        @hook
        def cxaudit_redact(self, evidence):
            raise ValueError(evidence.quote)

        @hook
        def cxaudit_gate(self):
            return ["gate"]

    host, first = chain(Fails)
    assert first is None
    assert host.call_chain("cxaudit_redact", evidence=EVIDENCE) is None
    assert "Fails" not in dict(host.call("cxaudit_gate", result=None))
    assert len(problems_of(host, "Fails")) == 1


def test_a_redactor_that_was_refused_drops_everything():
    class Wrong:
        @hook
        def cxaudit_redact(self, evidence, rules):
            return evidence

    assert chain(Wrong)[1] is None


def test_a_redactor_whose_hook_is_misspelt_drops_everything():
    class Misspelt:
        @hook
        def cxaudit_redat(self, evidence):
            return evidence

    host, kept = chain(Misspelt)
    assert kept is None
    assert any("cxaudit_redat" in str(problem) for problem in problems_of(host, "Misspelt"))


def test_a_misspelt_hook_that_is_optional_drops_nothing():
    class Later:
        @hook(optionalhook=True)
        def cxaudit_redat(self, evidence):
            return None

    host, evidence = chain(Later)
    assert evidence == EVIDENCE
    assert problems_of(host, "Later") == []


def test_a_plugin_that_could_not_be_registered_may_have_redacted_so_everything_is_dropped():
    class Alike(Stars):
        __hash__ = None

        def __init__(self, name):
            self.__name__ = name

        def __eq__(self, other):
            return isinstance(other, Alike)

    host, evidence = chain(Alike("first"), Alike("second"))
    assert evidence is None
    assert record(host, "second").quarantined.startswith("import: ValueError: Plugin already")


def test_a_plugin_that_failed_in_register_still_redacts():
    class Half(Stars):
        @hook
        def cxaudit_register(self):
            raise OSError

    assert chain(Half)[1].quote == "room ***"


# -- settings -----------------------------------------------------------------------------


def test_settings_reach_their_plugin_and_wrong_ones_are_problems_of_the_file():
    class Takes:
        @hook
        def cxaudit_configure(self, settings):
            self.settings = settings
            if "key" not in settings:
                msg = "key is missing"
                raise ValueError(msg)

    class Plain(Stars):
        pass

    taker = Takes()
    host = PluginHost([taker, Plain])
    assert host.configure({"Takes": {"key": "k"}}) == ()
    assert taker.settings == {"key": "k"}
    found = host.configure({"Takse": {}, "Plain": {"a": 1}}, file="audit.toml")
    assert [(p.file, p.path, p.message) for p in found] == [
        ("audit.toml", "plugins.Takse", "there is no plugin named 'Takse'"),
        ("audit.toml", "plugins.Plain", "plugin 'Plain' takes no settings"),
        ("audit.toml", "plugins.Takes", "plugin 'Takes' refuses its settings: key is missing"),
    ]
    assert "'Takes'" in found[0].hint
    assert record(host, "Takes").quarantined == ""


# -- places -------------------------------------------------------------------------------


PACKAGE = {
    "house/__init__.py": """
        from cxaudit.plugin import Check, ChecklistFile, hook
        from .names import NAME
        @hook
        def cxaudit_register():
            yield Check(id="acme.quiet", judge="house.heavy:judge", summary=NAME)
            yield ChecklistFile(id="acme.list", package="house", file="list.toml")
        """,
    "house/names.py": "NAME = 'Quiet'\n",
    "house/heavy.py": "def judge(request): return request\n",
    "house/list.toml": "cxaudit = 1\n",
    "_notes.py": "raise RuntimeError('left out')\n",
    "texts/readme.md": "no package\n",
    "my-rules.py": """
        from cxaudit.plugin import Lens, hook
        seen = []
        @hook
        def cxaudit_register():
            seen.append(1)
            yield Lens(id="rules", title=str(len(seen)), keys={})
        """,
}


@pytest.fixture
def folder(tmp_path):
    for name, text in PACKAGE.items():
        write(tmp_path / "local", name, text)
    return tmp_path / "local"


def test_local_plugins_load_by_place_and_their_lazy_references_resolve(folder):
    import importlib.resources

    before = list(sys.path)
    host = PluginHost([folder])
    assert sys.path == before
    assert "house" not in sys.modules
    assert [p.name for p in host.plugins if p.name in {"house", "my-rules"}] == [
        "house",
        "my-rules",
    ]
    check = host.registry.get("check", "acme.quiet")
    assert check.summary == "Quiet"
    assert not any(name.endswith("house.heavy") for name in sys.modules)
    assert host.registry.resolve(check.judge)("asked") == "asked"
    shipped = host.registry.get("checklist", "acme.list")
    text = importlib.resources.files(shipped.package).joinpath(shipped.file).read_text()
    assert text == "cxaudit = 1\n"
    assert len(record(host, "house").digest) == 64


def test_a_file_and_a_package_can_be_named_alone(folder):
    assert PluginHost([folder / "my-rules.py"]).registry.get("lens", "rules").title == "1"
    assert PluginHost([folder / "house"]).registry.origin("check", "acme.quiet") == "house"


def test_the_digest_follows_the_code(folder):
    first = record(PluginHost([folder]), "house").digest
    assert record(PluginHost([folder]), "house").digest == first
    (folder / "house" / "heavy.py").write_text("def judge(request): return None\n")
    assert record(PluginHost([folder]), "house").digest != first


def test_two_hosts_share_no_state_and_leave_no_modules_behind(folder):
    class Counts:
        def __init__(self):
            self.seen = 0

        @hook
        def cxaudit_gate(self):
            self.seen += 1
            yield str(self.seen)

    before = set(sys.modules)  # other tests keep sessions of their own
    first, second = PluginHost([folder, Counts]), PluginHost([folder, Counts])
    assert first.registry.get("lens", "rules").title == "1"
    assert second.registry.get("lens", "rules").title == "1"
    first.call("cxaudit_gate", result=None)
    assert second.call("cxaudit_gate", result=None) == (("Counts", "1"),)
    assert first.registry.get("check", "acme.quiet") != second.registry.get("check", "acme.quiet")
    names = {name for name in set(sys.modules) - before if name.startswith("_cxaudit_local")}
    assert names
    del first, second
    import gc

    gc.collect()
    assert not names & set(sys.modules)


def test_a_path_that_holds_no_plugin_is_a_problem(tmp_path):
    (tmp_path / "empty").mkdir()
    host = PluginHost([tmp_path / "empty", tmp_path / "gone"])
    causes = [p.cause for p in host.problems if str(tmp_path) in p.subject]
    assert len(causes) == 2
    assert all("there is no plugin at" in cause for cause in causes)


def test_an_import_path_names_a_module_or_an_object_in_it(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    host = PluginHost(["house", "nowhere.at_all"])
    assert host.registry.origin("check", "acme.quiet") == "house"
    ((stage, cause, _),) = problems_of(host, "nowhere.at_all")
    assert (stage, cause) == ("import", "ModuleNotFoundError: No module named 'nowhere'")
    for name in [name for name in sys.modules if name.split(".")[0] == "house"]:
        del sys.modules[name]


def test_of_two_plugins_with_one_name_the_first_stays(tmp_path):
    write(tmp_path / "a", "twin.py", PACKAGE["my-rules.py"])
    write(tmp_path / "b", "twin.py", PACKAGE["my-rules.py"].replace("rules", "others"))
    host = PluginHost([tmp_path / "a", tmp_path / "b"])
    assert "rules" in host.registry.of("lens")
    assert "others" not in host.registry.of("lens")
    assert [p.cause for p in host.problems if p.subject == "twin"] == [
        "a plugin named 'twin' is loaded already; this one is left out"
    ]


@pytest.mark.parametrize("path", ["./house", "", "house:", "a b", "house.py/"])
def test_a_text_that_is_no_import_path_says_what_to_give(path):
    ((_, cause, _),) = problems_of(PluginHost([path]), path)
    assert cause == (
        f"ValueError: {path!r} is no import path; give a file or folder as a pathlib.Path"
    )


def test_a_blocked_local_plugin_is_not_imported(tmp_path):
    write(tmp_path, "trap.py", f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    host = PluginHost([tmp_path], block=("trap",))
    assert record(host, "trap").quarantined == "blocked"
    assert not (tmp_path / "sprung").exists()
    assert not [name for name in sys.modules if name.endswith("_trap")]


def test_an_object_that_fails_when_it_is_looked_at_is_a_problem():
    class Proxy:
        def __getattr__(self, name):
            raise RuntimeError(name)

    host = PluginHost([Proxy()])
    assert [p.cause for p in host.problems if p.subject == "Proxy"] == ["RuntimeError: __name__"]


def test_a_plugin_that_cannot_be_compared_costs_no_other():
    class Prickly:
        __hash__ = None

        def __eq__(self, other):
            raise RuntimeError

    host = PluginHost([Prickly, gate("after")])
    assert record(host, "Prickly").quarantined == "import: RuntimeError"
    assert host.call("cxaudit_gate", result=None) == (("After", "after"),)


def test_other_members_of_a_plugin_are_not_run_or_mistaken_for_hooks():
    class Busy(Stars):
        cxaudit_version = "1"

        @property
        def costly(self):
            raise RuntimeError

        class Proxy:
            def __getattr__(self, name):
                raise RuntimeError(name)

        proxy = Proxy()

    assert problems_of(PluginHost([Busy]), "Busy") == []


def test_hosts_made_in_many_threads_at_once_are_whole_and_apart(folder):
    with ThreadPoolExecutor(8) as pool:
        hosts = list(pool.map(lambda _: PluginHost([folder]), range(16)))
    assert {host.registry.get("lens", "rules").title for host in hosts} == {"1"}
    judges = {host.registry.get("check", "acme.quiet").judge for host in hosts}
    assert len(judges) == 16
    assert all(problems_of(host, "house") == [] for host in hosts)


# -- blocking and laziness, in a fresh interpreter ----------------------------------------


def run_python(code: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PYTHONPATH": str(path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def site(tmp_path):
    """A folder of installed distributions: one good, one broken, one slow to import."""
    for name, body in {
        "zebra": "def cxaudit_register():\n    yield Lens(id='zebra', title='Z', keys={})\n",
        "acme": "def cxaudit_register():\n"
        "    yield Check(id='acme.loud', judge='acme_heavy:judge')\n"
        "    yield Check(id='acme.lost', judge='acme_gone:judge')\n"
        "    yield Check(id='acme.exit', judge='acme_exit:judge')\n",
        "broken": "raise ImportError('needs a library')\n",
    }.items():
        write(
            tmp_path, f"{name}.py", f"from cxaudit.plugin import Check, Lens, hook\n@hook\n{body}"
        )
        info = tmp_path / f"{name}-2.5.dist-info"
        write(info, "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\n")
        write(info, "entry_points.txt", f"[cxaudit.v1]\n{name} = {name}\n")
    write(tmp_path, "broken.py", "raise ImportError('needs a library')\n")
    write(tmp_path, "acme_heavy.py", "def judge(request): return 1\n")
    write(tmp_path, "acme_exit.py", "raise SystemExit\n")
    return tmp_path


def test_installed_plugins_load_in_order_and_a_blocked_one_is_never_imported(site):
    out = run_python(
        """
        import sys
        from cxaudit._plugins.host import PluginHost
        host = PluginHost(block=("zebra", "acem"))
        for p in host.plugins:
            if not p.name.startswith("cxaudit"):
                print((p.name, p.version, p.quarantined))
        print("zebra" in sys.modules, "zebra" in host.registry.of("lens"))
        print([(p.subject, p.hint) for p in host.problems if p.stage == "block"])
        """,
        site,
    )
    assert out.splitlines() == [
        "('acme', '2.5', '')",
        "('broken', '2.5', 'import: ImportError: needs a library')",
        "('zebra', '2.5', 'blocked')",
        "False False",
        "[('acem', \"Did you mean 'acme'?\")]",
    ]


def test_damaged_metadata_of_another_distribution_is_named_and_stops_nothing(site):
    bad = site / "damaged-1.0.dist-info"
    write(bad, "METADATA", "Metadata-Version: 2.1\nName: damaged\nVersion: 1.0\n")
    write(bad, "entry_points.txt", "[cxaudit.v1]\nno equals sign\n")
    write(site / "nameless-1.0.dist-info", "entry_points.txt", "[cxaudit.v1]\nlost = lost\n")
    out = run_python(
        """
        from cxaudit._plugins.host import PluginHost
        host = PluginHost()
        print(host.plugins[0].name, "zebra" in host.registry.of("lens"))
        print([p.subject.rpartition("/")[2] for p in host.problems if "damaged" in p.subject])
        """,
        site,
    )
    assert out.splitlines() == [
        "cxaudit True",
        "['damaged-1.0.dist-info']",
    ]


def test_listing_imports_nothing_lazy_and_a_failing_reference_names_its_plugin(site):
    out = run_python(
        """
        import sys
        from cxaudit._plugins.host import PluginHost
        from cxaudit.errors import PluginError
        registry = PluginHost().registry
        for kind in ("check", "source", "output", "detector", "engine", "policy", "command"):
            list(registry.of(kind))
        heavy = {"acme_heavy", "duckdb", "numpy", "rich", "jinja2", "jsonschema"}
        print(sorted(heavy & set(sys.modules)))
        print(registry.resolve(registry.get("check", "acme.loud").judge)(0), len)
        for name in ("acme.lost", "acme.exit"):
            try:
                registry.resolve(registry.get("check", name).judge)
            except PluginError as error:
                print(error)
        """,
        site,
    )
    failed = "Plugin acme 2.5 failed in check"
    assert out.splitlines() == [
        "[]",
        "1 <built-in function len>",
        f"{failed} acme.lost: ModuleNotFoundError: No module named 'acme_gone'",
        f"{failed} acme.exit: SystemExit",
    ]


def test_a_reference_that_nobody_registered_is_reported_too():
    with pytest.raises(PluginError, match="does not have the form"):
        PluginHost().registry.resolve("no reference")


def test_a_function_is_its_own_reference():
    assert PluginHost().registry.resolve(judge) is judge
    assert Check(id="acme.a", judge=judge).judge is judge
