"""How many clicks eight questions take in a report's page, counted in a browser.

Run: ``python bench/report_clicks.py REPORT.html``.

What page one shows takes no click: scrolling is none. A click follows a link; what it then shows
is the element that the link leads to. The fewest clicks are looked for, and then really made.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

QUESTIONS = {
    "What is the grade?": "#summary .grade",
    "How much was assessed?": "#summary .facts li:has-text('assessed')",
    "What is the worst item?": ".decide h3",
    "Why?": "WORST dl",
    "Which row or words is that from?": "WORST blockquote",
    "What was not assessed?": "#certainty tbody tr",
    "Who must act?": ".decide .act span",
    "How was it judged?": "#method p",
}
"""The questions, and what in the page answers each; ``WORST`` is what is said of the worst item."""

FEWEST = """
answer => {
  const first = [...document.querySelectorAll("main > .band, main > nav")];
  const inside = (areas, one) => areas.some(area => area.contains(one));
  let paths = [[[], first]];
  for (let clicks = 0; clicks < 4; clicks++) {
    const hit = paths.find(([, areas]) => inside(areas, answer));
    if (hit) return hit[0];
    const next = [], seen = new Set();
    for (const [path, areas] of paths)
      for (const area of areas)
        for (const link of area.querySelectorAll("a[href^='#']")) {
          const to = link.getAttribute("href");
          const target = document.getElementById(to.slice(1));
          if (!target || seen.has(to)) continue;
          seen.add(to);
          next.push([[...path, to], [target]]);
        }
    paths = next;
  }
  return null;
}
"""


def clicks(tab: Any, answer: str) -> int | None:
    """Return the fewest clicks from page one to an answer, made to prove them; None without one."""
    worst = tab.locator(".decide h3 a").first
    target = worst.get_attribute("href", timeout=1000) if worst.count() else "#none"
    link = tab.locator(answer.replace("WORST", f"[id='{target[1:]}']")).first
    if not link.count():
        return None
    path = link.evaluate(FEWEST)
    if path is None:
        return None
    tab.evaluate("history.replaceState(null, '', '#'); scrollTo(0, 0)")
    for link in path:
        tab.locator(f"main a[href='{link}']").first.click()
        assert tab.evaluate("location.hash") == link
    return len(path)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        tab = browser.new_page()
        tab.goto(Path(sys.argv[1]).resolve().as_uri())
        for question, answer in QUESTIONS.items():
            print(f"{question:36}{clicks(tab, answer)}")
        browser.close()


if __name__ == "__main__":
    main()
