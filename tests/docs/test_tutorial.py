"""Guides that are worked through as written: files, commands and what they print.

A fenced block says after its language what it is: ``file=NAME`` is written, ``diff file=NAME``
changes lines of that file, ``run`` is typed (``exit=N`` is the code it ends with), and ``output``
is what the command before it prints. A line of three dots in an output stands for any lines.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = (
    "tutorial/first-audit.md",
    "how-to/map-a-source.md",
    "how-to/use-a-preset.md",
    "how-to/read-evaluations.md",
    "how-to/score-elsewhere.md",
)
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@attrs.frozen
class Block:
    language: str
    words: tuple[str, ...]
    text: str

    def setting(self, name: str) -> str | None:
        return next((w.partition("=")[2] for w in self.words if w.startswith(f"{name}=")), None)


def blocks(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    return [Block(a, tuple(b.split()), c) for a, b, c in BLOCK.findall(text)]


def pattern(shown):
    """Return the expression that an output must fit."""
    parts = ["(?:.*\n)*" if line == "...\n" else re.escape(line) for line in lines(shown)]
    return re.compile("".join(parts))


def lines(text):
    return text.splitlines(keepends=True)


def write(folder, block):
    """Write a block's file, in the encoding that it names; a diff changes lines of the file."""
    path = folder / block.setting("file")
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = block.setting("encoding") or "utf-8"
    if block.language != "diff":
        path.write_text(block.text, encoding=encoding)
        return
    text = path.read_text(encoding=encoding)
    changes = lines(block.text)
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old[0] + new[0] == "-+", "a diff takes lines one by one: - then +"
        assert text.count(old[1:]) == 1, f"{path.name} holds once: {old[1:]}"
        text = text.replace(old[1:], new[1:])
    path.write_text(text, encoding=encoding)


def type_in(folder, block):
    """Run a block's one command; return what it prints: its artefact and its talk."""
    (command,) = lines(block.text)
    program, *arguments = command.split()
    assert program == "cxaudit"
    done = subprocess.run(
        [sys.executable, "-m", "cxaudit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == int(block.setting("exit") or 0), done.stderr
    # Reports keep a number and its sign together by a space that looks like any other.
    return done.stdout.replace("\xa0", " "), done.stderr


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_works_as_written(guide, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONUTF8", "1")
    written = ran = 0
    printed: tuple[str, str] = ("", "")
    for block in blocks(guide):
        if block.setting("file"):
            write(tmp_path, block)
            written += 1
        elif "run" in block.words:
            printed = type_in(tmp_path, block)
            ran += 1
        elif "output" in block.words:
            said, told = printed
            shown = pattern(block.text)
            both = (told + said, said + told, said, told)
            assert any(shown.fullmatch(text) for text in both), f"{block.text}\n---\n{told}{said}"
    assert written >= 3
    assert ran >= 2


@pytest.mark.parametrize("guide", GUIDES)
def test_no_command_of_a_guide_is_left_untried(guide):
    """Only the block that installs is not run: it needs a network."""
    untried = [b for b in blocks(guide) if b.language == "sh" and "run" not in b.words]
    assert all("pip install" in block.text for block in untried)
    assert len(untried) <= 1
    shown = [b for b in blocks(guide) if b.language == "text" and not b.words]
    assert shown == []


def test_an_output_that_differs_is_noticed():
    shown = pattern("one\n...\nfour\n")
    assert shown.fullmatch("one\ntwo\nthree\nfour\n")
    assert shown.fullmatch("one\nfour\n")
    assert not shown.fullmatch("one\ntwo\nfive\n")
    assert not pattern("37 of 100\n").fullmatch("36 of 100\n")
