(() => {
  "use strict";
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Controls work only with this script, so they appear only with it.
  document.querySelectorAll(".tools[hidden]").forEach((tools) => { tools.hidden = false; });

  // One of several panels: buttons or a list with data-shows="group", panels with data-panel="group:name".
  const show = (group, name) => {
    document.querySelectorAll("[data-panel]").forEach((panel) => {
      const [of, own] = [panel.dataset.panel.split(":", 1)[0], panel.dataset.panel.slice(panel.dataset.panel.indexOf(":") + 1)];
      if (of === group) panel.hidden = own !== name;
    });
  };
  document.querySelectorAll("select[data-shows]").forEach((select) => {
    const apply = () => show(select.dataset.shows, select.value);
    select.addEventListener("change", apply);
    apply();
  });
  document.querySelectorAll("[data-shows]:not(select)").forEach((group) => {
    const buttons = [...group.querySelectorAll("button")];
    const apply = (chosen) => {
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
      show(group.dataset.shows, chosen.value);
    };
    buttons.forEach((button) => button.addEventListener("click", () => apply(button)));
    if (buttons.length) apply(buttons[0]);
  });

  // Features: search, kind, order.
  const list = document.querySelector(".features");
  const search = document.getElementById("search");
  if (list && search) {
    const items = [...list.children];
    const order = document.getElementById("order");
    const kind = document.getElementById("kind");
    const found = document.getElementById("found");
    const apply = () => {
      const text = search.value.trim().toLowerCase();
      let shown = 0;
      items.forEach((item) => {
        item.hidden = !item.dataset.name.includes(text) || (kind.value && item.dataset.kind !== kind.value);
        shown += item.hidden ? 0 : 1;
      });
      found.textContent = `${shown} of ${items.length}`;
      const key = order.value;
      const sorted = [...items].sort((a, b) =>
        key === "name" ? a.dataset.name.localeCompare(b.dataset.name) : Number(b.dataset[key]) - Number(a.dataset[key]));
      list.append(...(key ? sorted : items));
    };
    [search, order, kind].forEach((control) => control.addEventListener("input", apply));
    apply();
  }

  // Whoever shows this page in a frame may ask how tall it is.
  addEventListener("message", (event) => {
    if (event.data === "penstock:height" && event.source) {
      event.source.postMessage({ penstockHeight: root.scrollHeight }, "*");
    }
  });

  // Tables: a click on a heading sorts; rows with data-fixed stay on top.
  document.querySelectorAll("th[data-sort]").forEach((heading) => {
    const sort = () => {
      const table = heading.closest("table");
      const column = [...heading.parentNode.children].indexOf(heading);
      const down = heading.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const value = (row) => {
        const cell = row.children[column];
        const raw = cell.dataset.value ?? cell.textContent;
        const parsed = parseFloat(raw);
        return heading.dataset.sort === "number" ? (Number.isNaN(parsed) ? -Infinity : parsed) : raw;
      };
      const rows = [...body.rows].sort((a, b) => {
        if (a.hasAttribute("data-fixed") !== b.hasAttribute("data-fixed")) return a.hasAttribute("data-fixed") ? -1 : 1;
        const [x, y] = [value(a), value(b)];
        const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, { numeric: true });
        return down ? -order : order;
      });
      body.append(...rows);
    };
    heading.tabIndex = 0;
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); } });
  });
})();
