(() => {
  "use strict";
  const one = (query, root = document) => root.querySelector(query);
  const all = (query, root = document) => Array.from(root.querySelectorAll(query));
  const data = JSON.parse(one("#zhenzan-data").textContent);

  // Controls that need a script appear only where it runs.
  all(".tools, .filter").forEach((part) => { part.hidden = false; });

  // A link into a closed part opens it.
  const reveal = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  all("[data-open]").forEach((button) => button.addEventListener("click", () => {
    all("details.part").forEach((part) => { part.open = button.dataset.open === "1"; });
  }));

  // Paper shows every part; afterwards the page is as it was.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((part) => { part.open = false; }));

  // The list: filter and sort.
  const table = one("#section-list");
  if (table) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const form = one(".filter");
    // At first the list is as long as a glance; a filter searches all of it.
    const more = one(".more");
    const glance = 20;
    let whole = rows.length <= glance + 5;
    const filter = () => {
      const text = form.elements.text.value.trim().toLowerCase();
      const band = form.elements.band.value;
      let shown = 0;
      for (const row of body.rows) {
        const fits = (!band || row.dataset.band === band)
          && (!text || row.cells[0].dataset.value.toLowerCase().includes(text));
        shown += fits;
        row.hidden = !fits || (!whole && !band && !text && shown > glance);
      }
      more.hidden = whole || Boolean(band || text);
      one(".empty-list").hidden = shown > 0;
    };
    more.addEventListener("click", () => { whole = true; filter(); });
    addEventListener("beforeprint", () => { whole = true; filter(); });
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
    filter();
    all("th[data-sort]", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const text = head.dataset.sort === "text";
        const before = head.getAttribute("aria-sort");
        const up = before ? before === "descending" : text;
        all("th[data-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const value = (row) => row.cells[column].dataset.value;
        const sorted = rows.slice().sort((a, b) => (text
          ? order.compare(value(a), value(b)) : value(a) - value(b)) * (up ? 1 : -1));
        body.append(...sorted);
        filter();
      });
    });
  }

  // Reading a curve: the figures of the bin under the pointer.
  const clock = new Intl.DateTimeFormat("sv-SE", {
    timeZone: data.zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const figure = (value) => (Math.abs(value) < 10 ? String(Math.round(value * 10) / 10)
    : Math.round(value).toLocaleString("en-US"));
  all("[data-curve]").forEach((plot) => {
    const curve = data.curves[plot.dataset.curve];
    const area = one(".area", plot);
    const readout = one(".readout", plot.parentElement);
    const rest = readout.textContent;
    const line = document.createElement("i");
    line.className = "cursor";
    line.hidden = true;
    area.append(line);
    area.addEventListener("pointermove", (event) => {
      const box = area.getBoundingClientRect();
      const n = curve.bins.length;
      const at = Math.max(0, Math.min(n - 1, Math.floor(n * (event.clientX - box.left) / box.width)));
      const [seen, expected, low, high, beyond] = curve.bins[at];
      const from = curve.start + at * curve.width;
      line.hidden = false;
      line.style.left = `${100 * (at + 0.5) / n}%`;
      readout.textContent = `${clock.format(from)} · ${data.words.observed} ${figure(seen)} · `
        + `${data.words.expected} ${figure(expected)} (${figure(low)}–${figure(high)}) · `
        + `${data.words.attributed} ${figure(beyond)}`;
    });
    area.addEventListener("pointerleave", () => { line.hidden = true; readout.textContent = rest; });
  });
})();
