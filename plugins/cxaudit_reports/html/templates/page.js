"use strict";
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const fill = (text, ...values) => values.reduce((made, value, at) => made.replace(`{${at}}`, value), text);
  const make = (tag, set = {}, ...inner) => {
    const made = Object.assign(document.createElement(tag), set);
    made.append(...inner);
    return made;
  };
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  const order = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true });
  const folds = new Map();
  const count = new Intl.NumberFormat(document.documentElement.lang || undefined, { numberingSystem: "latn", useGrouping: "always" });
  // Texts of clients may run the other way: each is set apart from those beside it.
  const apart = (text) => `\u2068${text}\u2069`;

  for (const table of document.querySelectorAll("table.data")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const box = table.parentElement;
    if (rows.length > 5) sortable(table, body, rows);
    const shown = table.closest(".band") ? 6 : 12;
    if (rows.length <= shown + 3) continue;
    let all = false;
    let wanted = "";
    const field = make("input", { type: "search", placeholder: words.filter });
    field.setAttribute("aria-label", fill(words.filter_in, table.caption ? table.caption.textContent : ""));
    const told = make("span", { role: "status" });
    const more = make("button", { type: "button" });
    const texts = new Map();
    const show = () => {
      let kept = 0;
      for (const row of body.rows) {
        if (wanted && !texts.has(row)) texts.set(row, plain(row.textContent));
        const fits = !wanted || texts.get(row).includes(wanted);
        row.hidden = !fits || (!all && !wanted && kept >= shown);
        kept += fits;
      }
      told.textContent = wanted ? fill(words.kept, count.format(kept), count.format(rows.length)) : "";
      more.hidden = Boolean(wanted);
      more.textContent = all ? words.fewer : fill(words.all, count.format(rows.length));
      more.setAttribute("aria-expanded", String(all));
    };
    field.addEventListener("input", () => { wanted = plain(field.value.trim()); show(); });
    more.addEventListener("click", () => { all = !all; show(); });
    if (rows.length > 15) box.before(make("div", { className: "tools" }, field, told));
    box.after(make("div", { className: "more" }, more));
    folds.set(table, () => { all = true; wanted = field.value = ""; show(); });
    table.addEventListener("sorted", show);
    show();
  }

  function sortable(table, body, rows) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, at) => {
      if (!head.textContent.trim() || head.className === "picture") return;
      const key = (row) => row.cells[at].dataset.v ?? row.cells[at].textContent.trim();
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const keyed = rows.map((row) => [key(row), row]);
        keyed.sort(([one], [other]) => {
          const [a, b] = [Number(one), Number(other)];
          const empty = (one === "" || one === "\u2013") - (other === "" || other === "\u2013");
          if (empty) return empty;
          const by = Number.isNaN(a) || Number.isNaN(b) ? order.compare(one, other) : a - b;
          return up ? by : -by;
        });
        body.append(...keyed.map(([, row]) => row));
        table.dispatchEvent(new Event("sorted"));
      });
    });
  }

  const show_one = (one) => {
    const table = one.closest("table.data");
    if (one.hidden && folds.has(table)) folds.get(table)();
    one.tabIndex = -1;
    one.focus({ preventScroll: true });
    one.scrollIntoView({ block: "center" });
  };
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) show_one(target);
  };
  addEventListener("hashchange", reveal);
  reveal();

  const nav = document.querySelector(".bar nav");
  const field = make("input", { type: "search", placeholder: words.search });
  field.setAttribute("aria-label", words.search);
  const found = make("ul", { className: "found" });
  let index;
  const look = () => {
    index ??= [...document.querySelectorAll("h2, h3, h4, tbody tr")].flatMap((each) => {
      const link = each.querySelector("a");
      const home = each.closest("[id]");
      const to = link ? link.getAttribute("href") : home && home.id ? `#${home.id}` : "";
      const part = each.closest("section");
      const texts = (each.cells ? [...each.cells] : [each]).map((one) => one.textContent.trim()).filter(Boolean);
      const text = texts.map(apart).join(" \u00b7 ");
      return to ? [[plain(texts.join(" \u00b7 ")), text, to, part ? part.querySelector("h2").textContent : "", link ? null : each]] : [];
    });
    const wanted = plain(field.value.trim());
    found.replaceChildren();
    if (wanted.length < 2) return;
    const hits = index.filter(([text]) => text.includes(wanted)).slice(0, 20);
    for (const [, text, to, part, row] of hits) {
      const short = text.length > 140 ? `${text.slice(0, 140)}\u2026` : text;
      const link = make("a", { href: to }, short, make("small", {}, apart(part)));
      if (row) link.addEventListener("click", (event) => { event.preventDefault(); show_one(row); });
      found.append(make("li", {}, link));
    }
    if (!hits.length) found.append(make("li", {}, make("span", {}, words.nothing)));
  };
  field.addEventListener("input", look);
  found.addEventListener("click", () => found.replaceChildren());
  nav.append(field, found);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") { field.value = ""; found.replaceChildren(); }
    if (event.key === "/" && !/^(input|textarea)$/i.test(document.activeElement.tagName)) { event.preventDefault(); field.focus(); }
  });
})();
