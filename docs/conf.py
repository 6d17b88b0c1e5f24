"""The documentation as a site: ``sphinx-build -W --keep-going -n docs build/docs``."""

from __future__ import annotations

import functools
import os.path
import re
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import cxaudit
from cxaudit import documents, errors, plugin, session

project = "cxaudit"
author = "The cxaudit authors"
copyright = author  # noqa: A001
release = cxaudit.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
smartquotes_action = "D"  # quotes stay as they are typed

default_role = "py:obj"
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_attr_annotations = False  # the signature has them
toc_object_entries_show_parents = "hide"
add_module_names = False
# What other libraries define has no page here, and nothing is fetched for it; nor has what a public
# value holds and no plugin names.
nitpick_ignore_regex = [
    ("py:.*", r"(click|collections|datetime|duckdb|opentelemetry|np|npt|numpy|pathlib|typing)\..*"),
    ("py:.*", r"cxaudit\._model\.(directions|plan|presets|pseudonyms|schedules)\..*"),
    ("py:.*", r"cxaudit\._model\.audit\.EvaluationUse|cxaudit\._(plugins|words)\..*"),
    ("py:.*", r"(Logger|Tracer)Provider|Diagnosis|Direction|Explanation|ResultTable"),
    ("py:.*", r"FloatArray|IntArray|NDArray|Path"),
]

html_theme = "furo"
html_title = f"cxaudit {release}"
FONTS = "../plugins/cxaudit_reports/drawing/fonts"
html_static_path = [
    "_site",
    *(f"{FONTS}/{name}" for name in ("Inter-Regular.ttf", "Inter-SemiBold.ttf", "OFL.txt")),
]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_search_summary = False  # a page of a disk may not read other pages
# Letters and colours are those of the reports.
TYPE = {
    "font-stack": "Inter, system-ui, sans-serif",
    "color-sidebar-link-text": "var(--color-foreground-primary)",
    "color-api-name": "var(--color-brand-content)",
    "color-api-pre-name": "var(--color-foreground-secondary)",
    "color-sidebar-link-text--top-level": "var(--color-foreground-primary)",
}
html_theme_options: dict[str, Any] = {
    "light_css_variables": {
        **TYPE,
        "color-brand-primary": "#0f5c6e",
        "color-brand-content": "#0f5c6e",
        "color-brand-visited": "#57606e",
        "color-foreground-primary": "#1d2430",
        "color-foreground-secondary": "#57606e",
        "color-foreground-muted": "#57606e",
        "color-background-secondary": "#f5f6f8",
        "color-highlight-on-target": "#e4f0f2",
    },
    "dark_css_variables": {
        **TYPE,
        "color-brand-primary": "#7cc4d4",
        "color-brand-content": "#7cc4d4",
        "color-brand-visited": "#a3acb9",
        "color-foreground-primary": "#e8ebef",
        "color-foreground-secondary": "#a3acb9",
        "color-foreground-muted": "#a3acb9",
        "color-background-primary": "#14191f",
        "color-background-secondary": "#1c232b",
        "color-highlight-on-target": "#17323a",
    },
}

ENTRY = re.compile(r"^- \[(?P<title>.+?)\]\((?P<page>.+?)\.md\): (?P<about>.)", re.MULTILINE)
LINK = re.compile(r"\[(?P<title>[^\]]+)\]\((?P<path>\.\./[^)#\s]+)[^)]*\)")


@functools.cache
def public_names() -> dict[str, str]:
    """Return names as annotations write them, long and short, to where they are documented."""
    modules = {
        "cxaudit.plugin.blocks": plugin.blocks,
        "cxaudit.plugin.expressions": plugin.expressions,
        "cxaudit.plugin": plugin,
        "cxaudit.documents": documents,
        "cxaudit.errors": errors,
        "cxaudit.session": session,
    }
    homes: dict[int, str] = {}
    names = {}
    for path, module in modules.items():
        for name in module.__all__:
            value = getattr(module, name)
            public = homes.setdefault(id(value), f"{path}.{name}")
            names[name] = names[f"{getattr(value, '__module__', path)}.{name}"] = public
    return names


def resolve_public(app: Sphinx, env: Any, node: Any, contents: Any) -> Any:
    """Return a link to the public name of what is defined in a private module."""
    target = node["reftarget"]
    holder, _, member = target.rpartition(".")
    public = public_names().get(target) or (
        f"{public_names()[holder]}.{member}" if holder in public_names() else None
    )
    if node.get("refdomain") != "py" or public is None:
        return None
    domain = env.domains["py"]
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], public, node, contents
    )


def shape_for_the_site(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Give pages, which read well as plain Markdown, what only a site has.

    Files outside of ``docs`` are not part of the site: they are named. The lists of the index
    become the navigation, under their headings.
    """
    text = LINK.sub(functools.partial(_named, docname), source[0])
    if docname == "index":
        sections = [section.partition("\n") for section in text.split("\n## ")[1:]]
        text = ENTRY.sub(_on_two_lines, text)
        for caption, _, entries in sections:
            pages = "\n".join(entry["page"] for entry in ENTRY.finditer(entries))
            text += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"
    source[0] = text


def _named(docname: str, link: re.Match[str]) -> str:
    path = os.path.normpath(Path("docs", docname).parent / link["path"])
    return link[0] if path.startswith("docs") else f"{link['title']} (`{path}`)"


def _on_two_lines(entry: re.Match[str]) -> str:
    return f"- [{entry['title']}]({entry['page']}.md)\\\n  {entry['about'].upper()}"


def without_internals(_app: Sphinx, *event: Any) -> tuple[str, str] | None:
    """Return a signature without attrs' mark of a default that is made anew for each object."""
    *_, signature, returns = event
    return (signature.replace("NOTHING", "..."), returns) if signature else None


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", shape_for_the_site)
    app.connect("missing-reference", resolve_public)
    app.connect("autodoc-process-signature", without_internals)
