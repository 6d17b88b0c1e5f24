"""Cases in TOML are tests and documentation; golden files are compared, and written when asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cxaudit.testing import cases_markdown, read_cases

PLUGIN = """
from cxaudit.plugin import *
from cxaudit.plugin import hook


def never(request):
    share = request.measurements["metric"]
    met = share.value == 0
    return Verdict(
        state=State.MET if met else State.NOT_MET, score=float(met), value=share.value, n=share.n
    )


def read(request):
    def rows():
        for file, shown in zip(request.files, request.shown):
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                yield shown, number, {"note": line} if line.strip() else ValueError("nothing")
    return Rows(rows=rows())


@hook
def cxaudit_register():
    yield Table(id="desk", meaning="-", columns=(Column(name="note", type="text", meaning="-"),))
    no = "note = 'no'"
    yield Metric(id="acme.no", table="desk", kind="share", value=no, lower_is_better=True)
    yield Check(id="acme.never", judge=never)
    yield Detector(id="acme.words", table="desk", column="note", phrases={"no": ("no way",)})
    yield Source(id="acme.notes", read=read, tables=("desk",), suffixes=(".notes",))
"""
CASES = '''
plugin = "acme.py"

[[case]]
name = "one guest in three is told no"
records.desk = [{ note = "no" }, { note = "yes" }, {}]
item = { check = "acme.never", with = { metric = "acme.no" } }
metrics = { "acme.no" = 0.3333333333333 }
verdict = { state = "not_met", score = 0, n = 3 }

[[case]]
name = "words"
records.desk = [{ note = "oh No  way" }]
detector = "acme.words"
hits = [{ row = 1, label = "no", quote = "No  way", start = 3 }]

[[case]]
name = "an empty line is refused"
source = "acme.notes"
text = """
no
"""
rows = [{ note = "no" }]
refused = []
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "acme.py").write_text(PLUGIN)
    (tmp_path / "acme.cases.toml").write_text(CASES)
    return tmp_path


def pytest_in(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_cases_hold(folder):
    for case in read_cases(folder / "acme.cases.toml"):
        case.check()


@pytest.mark.parametrize(
    ("stated", "instead", "message"),
    [
        ('"not_met", score = 0', '"met", score = 1', "state: 'not_met', not 'met'"),
        ("score = 0, n = 3", "score = 0.5, n = 4", "score: 0.0, not 0.5"),
        ("0.3333333333333", "0.3333", "acme.no: 0.3333333333333333, not 0.3333"),
        ('"acme.no" = 0.33', '"acme.yes" = 0.33', "acme.yes was not measured; there is acme.no"),
        ("start = 3", "start = 4", "hit 1: start: 3, not 4"),
        ('"oh No  way"', '"oh yes"', "0 hits, not 1"),
        ("refused = []", "refused = [1]", "refused: [], not [1]"),
        ('metric = "acme.no"', 'metric = "acme.yes"', "acme.yes"),
        ('check = "acme.never"', 'check = "acme.nevr"', "acme.never"),
    ],
)
def test_a_case_that_does_not_hold_says_what_came_out(folder, stated, instead, message):
    assert stated in CASES
    file = folder / "acme.cases.toml"
    file.write_text(CASES.replace(stated, instead))
    failures = []
    for case in read_cases(file):
        try:
            case.check()
        except AssertionError as error:
            failures.append(str(error))
    (failure,) = failures
    assert message in failure


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["names no plugin", "no [[case]]"]),
        ("plugin = 3\ncase = 4", ["names no plugin", "no [[case]]"]),
        ("plugin = [", ["x.cases.toml: "]),
        ('plugin = "a"\n[[case]]\nname = "b"', ["case 1: it needs one of item, detector"]),
        (
            'plugin = "a"\nplugn = "a"\n[[case]]\nitem = {}\nverdit = {}',
            ["'plugn' is no key", "has no name", "Did you mean 'verdict'?", "states nothing"],
        ),
        (
            'plugin = "a"\n[[case]]\nname = "b"\nitem = {}\nverdict = { sate = "met" }',
            ["verdict has no 'sate'. Did you mean 'state'?"],
        ),
    ],
)
def test_a_file_that_is_none_of_cases_says_all_that_is_wrong(tmp_path, text, messages):
    file = tmp_path / "x.cases.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"x\.cases\.toml") as caught:
        read_cases(file)
    for message in messages:
        assert message in str(caught.value)


def test_cases_are_documentation(folder):
    assert cases_markdown(folder / "acme.cases.toml").splitlines() == [
        "| case | what goes in | what comes out |",
        "|---|---|---|",
        (
            "| one guest in three is told no | `acme.never`, metric `acme.no`; 3 of `desk` |"
            " state not_met, score 0, n 3, `acme.no` 0.3333333333333 |"
        ),
        "| words | `acme.words`; 1 of `desk` | no: “No  way” |",
        "| an empty line is refused | `acme.notes` | 1 rows |",
    ]


def test_pytest_runs_cases_and_golden_files(folder):
    """By its entry point: nothing is set up, and no conftest is needed."""
    (folder / "test_golden.py").write_text(
        "def test_it(golden):\n"
        "    golden('a/card.txt', 'ä\\n')\n"
        "    golden('card.bin', b'\\r\\n')\n"
    )
    code, said = pytest_in(folder)
    assert code == 1
    assert "1 failed, 3 passed" in said
    assert "card.txt: `pytest --update` writes it" in said
    assert pytest_in(folder, "--update")[0] == 0
    assert (folder / "golden/a/card.txt").read_bytes() == "ä\n".encode()
    code, said = pytest_in(folder)
    assert (code, "4 passed" in said) == (0, True), said
    (folder / "golden/a/card.txt").write_text("other\n")
    (folder / "acme.cases.toml").write_text(CASES.replace("n = 3", "n = 4"))
    code, said = pytest_in(folder)
    assert code == 1
    assert "n: 3, not 4" in said
    assert "Traceback" not in said
    assert "card.txt holds something else" in said
    (folder / "acme.cases.toml").write_text("case = 1")
    code, said = pytest_in(folder)
    assert code == 2
    assert "acme.cases.toml: it names no plugin" in said


def test_a_project_may_have_an_option_of_that_name(tmp_path):
    """It is installed where people test other things, and must not stand in their way."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--update', action='store_true')\n"
    )
    (tmp_path / "test_it.py").write_text("def test_it(golden):\n    golden('a.txt', 'a')\n")
    assert pytest_in(tmp_path)[0] == 1
    code, words = pytest_in(tmp_path, "--update")
    assert code == 0, words
    assert pytest_in(tmp_path)[0] == 0


def test_the_plugin_of_pytest_imports_nothing_of_cxaudit():
    """It is loaded in every session of pytest, whatever that tests."""
    code = (
        "import sys; import cxaudit._testing.pytest_plugin;"
        "print(sorted(name for name in sys.modules if name.startswith('cxaudit')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        ["cxaudit", "cxaudit._testing", "cxaudit._testing.pytest_plugin", "cxaudit._version"]
    )
