"""How much memory the engine takes, by limits of the machine, the container and the user."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cxaudit._engines.duckdb.memory import engine_memory, least_limit
from cxaudit._model.resources import size_of

GB = 10**9


@pytest.fixture
def machine(tmp_path):
    """A machine's files: its control groups, and where this process is among them."""

    def made(groups, **limits):
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(groups)
        for path, limit in limits.items():
            file = tmp_path / "sys/fs/cgroup" / path.replace("__", "/").replace("_of_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{limit}\n")
        return tmp_path

    return made


def test_a_container_of_version_2_limits_memory(machine):
    root = machine("0::/\n", memory_of_max=300_000_000)
    assert least_limit(root) == 300_000_000


def test_the_least_limit_of_all_groups_around_holds(machine):
    limits = {"pod__memory_of_max": 200_000_000, "pod__box__memory_of_max": "max"}
    assert least_limit(machine("0::/pod/box\n", **limits)) == 200_000_000


def test_a_path_of_the_host_still_finds_the_containers_limit(machine):
    root = machine("0::/docker/4f1e\n", memory_of_max=150_000_000)
    assert least_limit(root) == 150_000_000


def test_a_container_of_version_1_limits_memory(machine):
    groups = "5:cpu,cpuacct:/a\n4:memory:/a/b\n1:name=systemd:/\n"
    root = machine(groups, memory__a__memory_of_limit_in_bytes=250_000_000)
    assert least_limit(root) == 250_000_000


@pytest.mark.parametrize("groups", ["", "odd", "0::", "4:memory:/gone\n", "0::/\n\n::\n"])
def test_without_a_limit_it_is_the_machines_memory(machine, tmp_path, groups):
    assert least_limit(machine(groups)) == least_limit(tmp_path / "nothing")


def test_a_limit_of_address_space_counts_but_for_what_the_program_maps():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, -1));"
        "from cxaudit._engines.duckdb.memory import least_limit; print(least_limit())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 800_000_000


def test_the_engine_takes_four_fifths_and_less_when_asked():
    whole = engine_memory()
    assert whole == int(least_limit() * 0.8)
    assert engine_memory(10_000_000) == 10_000_000
    assert engine_memory(10**18) == whole


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2 GB", 2 * GB),
        ("2GB", 2 * GB),
        ("1.5gb", 1_500_000_000),
        ("512 MB", 512_000_000),
        ("1 GiB", 2**30),
        ("64KiB", 65_536),
        ("100B", 100),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "2", "GB", "-1 GB", "0 GB", "2 G", "1e3 MB", "lots", "2 XB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="is no size; write one such as '2 GB'"):
        size_of(text)
