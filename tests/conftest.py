"""Fixtures that all folders share; those of `tests.support` are its plugins."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import settings

pytest_plugins = ("tests.support.audits", "tests.support.tools", "tests.support.words")

# A slow machine is no failed promise: speed is measured in bench/.
settings.register_profile("cxaudit", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile("cxaudit")

_PACKAGES = itertools.count(1)


def pytest_make_parametrize_id(val):
    """Number packages: their bytes hold the time of packing, and workers must name tests alike."""
    packed = isinstance(val, bytes) and val.startswith(b"PK\x03\x04")
    return f"package-{next(_PACKAGES)}" if packed else None


@pytest.fixture
def approved(request):
    """Compare a text with its golden file beside the test; ``CXAUDIT_UPDATE=1`` rewrites it."""
    golden = request.path.with_name("golden")

    def compare(file, text):
        path = golden / file
        if os.environ.get("CXAUDIT_UPDATE") == "1":
            golden.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text, f"CXAUDIT_UPDATE=1 rewrites {file}"

    return compare


HUGE = (
    *("examples", "hostile", "real", "report_huge", "report_page/test_large_report.py"),
    *("docs/test_tutorial.py", "duckdb_session/test_pseudonyms.py", "expressions/test_hostile.py"),
    *("open_hours/test_minutes.py", "phone/test_bench.py", "plugins/test_example_plugin.py"),
    "plugins/test_newcomer.py",
    *("privacy/test_attack.py", "privacy/test_suppression.py", "privacy/test_thumbnails.py"),
    *("project/test_required_tools.py", "report_page/test_page_in_browser.py"),
    *("report_page/test_two_clicks.py", "reports/test_result_files.py"),
)
SLOW = (
    *HUGE,
    "checklists/test_resolving.py::test_a_schema_with_its_references_put_in",
    *("cli/test_documents_that_fail.py", "cli/test_refused_runs.py", "cli/test_runs_in_waves.py"),
    *("cli/test_streams.py", "cli/test_wrong_given.py"),
    "cli/test_commands.py::test_rescore_equals_a_run_under_that_policy",
    "cli/test_commands.py::test_plan_does_not_even_open_data",
    "cli/test_exit_codes.py::test_ctrl_c_while_records_are_read",
    "cli/test_exit_codes.py::test_sigterm_ends_a_run",
    "cli/test_exit_codes.py::test_what_a_dead_process_left",
    "cli/test_library.py::test_sessions_at_once",
    "cli/test_library.py::test_the_library_prints_nothing",
    "conversations/test_conversations.py",
    "conversations/test_wording.py::test_gigantic_and_odd_texts_end",
    "conversations/test_written_promises.py::test_gigantic_and_odd_texts_end",
    *("docs/test_commands.py::test_the_run_command_works", "docs/test_glossary.py"),
    "docs/test_plugin_page.py",
    "duckdb_queries/test_metric_statements.py::test_censored_quantiles",
    "duckdb_queries/test_printing.py::test_the_clock_of_a_zone",
    *("duckdb_queries/test_sums.py", "duckdb_session/test_draws.py"),
    *("duckdb_session/test_loading.py", "engine/test_evidence_of_runs.py"),
    "duckdb_session/test_session.py::test_ctrl_c",
    "duckdb_session/test_session.py::test_every_row_read",
    "duckdb_session/test_session.py::test_local_times_agree_with_the_zone_data",
    *("engine/test_losses.py", "engine/test_saved_results.py", "engine/test_waves.py"),
    "languages/test_catalogues.py",
    *("message/test_histories.py", "message/test_nothing_to_measure.py"),
    *("message/test_replies.py", "message/test_threads.py"),
    *("message_sources/test_anything_anywhere.py", "message_sources/test_odd_exports.py"),
    *("open_hours/test_meaning.py", "open_hours/test_runs.py"),
    *("phone/test_following.py", "phone/test_handling.py"),
    *("phone/test_selects.py", "phone/test_waiting.py"),
    *("phone_sources/test_exports_in_audits.py", "phone_sources/test_hostile_exports.py"),
    *("phone_sources/test_page.py", "plugins/test_battery.py", "plugins/test_report_sections.py"),
    *("plugins/test_new_plugins.py::test_the_tests", "plugins/test_new_plugins.py::test_they_are"),
    "plugins/test_cases_files.py::test_a_project_may_have",
    "plugins/test_cases_files.py::test_pytest_runs_cases_and_golden_files",
    *("privacy/test_names.py", "privacy/test_publish_command.py"),
    *("project/test_imports.py::test_an_audit_of_answers_alone", "project/test_limits.py"),
    "redaction/test_redaction.py::test_long_texts_take_no_long_time",
    *("report_documents", "report_page/test_any_report.py", "report_pdf"),
    "report_formats/test_findings_parquet.py::test_it_needs_neither",
    *("resources", "scoring/test_ranking.py"),
)
"""Folders, files and tests, by how their names begin; the huge ones are slow as well."""
PROGRAMS = {"browser", "pictures"}
"""Fixtures that start a browser or LibreOffice."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and of it what is huge."""
    for item in items:
        test = item.nodeid.removeprefix("tests/")
        if test.startswith(SLOW) or PROGRAMS & {*item.fixturenames}:
            item.add_marker(pytest.mark.slow)
        if test.startswith(HUGE):
            item.add_marker(pytest.mark.huge)


def pytest_configure(config: pytest.Config) -> None:
    """Try a tenth of the examples where a verdict is wanted soon."""
    if "not slow" in config.option.markexpr:
        settings.load_profile("quick")
