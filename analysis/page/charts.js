// Draws the charts: those in view first, the others when the browser is idle.
"use strict";
(() => {
  const FONT = getComputedStyle(document.body).fontFamily;
  const CONFIG = {
    background: null,
    font: FONT,
    padding: { left: 2, top: 6, right: 10, bottom: 4 },
    view: { stroke: null, continuousHeight: 260, discreteHeight: 260 },
    axis: {
      labelColor: "var(--quiet)", titleColor: "var(--ink)", labelFontSize: 12, titleFontSize: 12.5,
      titleFontWeight: 500, titlePadding: 8, gridColor: "var(--grid)", domainColor: "var(--line)",
      tickColor: "var(--line)", labelLimit: 220, titleLimit: 600, labelOverlap: true,
    },
    legend: {
      orient: "bottom", direction: "horizontal", labelColor: "var(--ink)", titleColor: "var(--quiet)",
      labelFontSize: 12.5, titleFontSize: 12, titleFontWeight: 500, symbolSize: 90, labelLimit: 320,
      columnPadding: 16, offset: 8,
    },
    text: { color: "var(--ink)", fontSize: 12 },
    rule: { color: "var(--quiet)" },
    point: { size: 60, opacity: 1 },
    line: { strokeWidth: 2 },
    header: { labelColor: "var(--ink)", titleColor: "var(--quiet)" },
    title: { color: "var(--ink)", fontSize: 13, anchor: "start" },
  };
  const NARROW = 520;
  const HIDDEN_PX = 560;
  let views = new Map();
  let figures = [];

  // A dataset comes as columns; Vega wants rows.
  function rows(columns) {
    const names = Object.keys(columns);
    const count = names.length ? columns[names[0]].length : 0;
    return Array.from({ length: count }, (_, i) => Object.fromEntries(names.map((n) => [n, columns[n][i]])));
  }

  function specOf(figure) {
    const spec = JSON.parse(document.getElementById(figure.dataset.spec).textContent);
    for (const name of Object.keys(spec.datasets ?? {})) spec.datasets[name] = rows(spec.datasets[name]);
    const most = Number(figure.dataset.mostPx ?? 0);
    if (most && spec.height > most) spec.height = most;
    spec.autosize ??= { type: "fit-x", contains: "padding" };
    return spec;
  }

  function configFor(width) {
    const legend = width < NARROW ? { ...CONFIG.legend, columns: 1, labelLimit: width * 0.6 } : CONFIG.legend;
    const axis = width < NARROW ? { ...CONFIG.axis, labelLimit: width / 2.2 } : CONFIG.axis;
    return { ...CONFIG, legend, axis };
  }

  async function draw(figure) {
    if (views.has(figure)) return;
    views.set(figure, null);
    const canvas = figure.querySelector(".canvas");
    try {
      const options = {
        ast: true, mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, logLevel: 1,
        config: configFor(canvas.clientWidth || HIDDEN_PX), tooltip: { theme: "none", disableDefaultStyle: true },
      };
      const spec = specOf(figure);
      // A folded chart has no width; it gets one when it is unfolded, and can be printed.
      if (!canvas.clientWidth) spec.width = Math.min(HIDDEN_PX, innerWidth - 64);
      const { view } = await vegaEmbed(canvas, spec, options);
      canvas.classList.add("drawn");
      // One picture with a text; readers who cannot see it have the numbers as a table.
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", spec.description);
      canvas.firstElementChild.setAttribute("aria-hidden", "true");
      views.set(figure, view);
      await choose(figure);
    } catch (error) {
      const told = [...figure.querySelectorAll(".failed")].at(-1);
      told.querySelector("span").textContent = String(error.message ?? error);
      told.hidden = false;
      canvas.hidden = true;
    }
  }

  // Whose rows a picture shows: the chosen kernel's, if it has any.
  async function choose(figure) {
    const view = views.get(figure);
    const choice = document.getElementById("kernel");
    const spec = document.getElementById(figure.dataset.spec);
    const kernels = figure.dataset.kernels ? JSON.parse(figure.dataset.kernels) : [];
    if (!view || !choice || !spec || !kernels.includes(choice.value)) return;
    figure.querySelector(".whose b").textContent = choice.value;
    await view.signal("kernel", choice.value).runAsync();
  }

  function table(figure) {
    const place = figure.querySelector(".numbers > div");
    if (place.firstChild) return;
    const spec = JSON.parse(document.getElementById(figure.dataset.spec).textContent);
    const headings = spec.usermeta?.headings;
    for (const columns of Object.values(spec.datasets ?? {})) {
      const made = place.appendChild(document.createElement("table"));
      const head = made.createTHead().insertRow();
      const names = Object.keys(headings ?? columns).filter((name) => name in columns);
      for (const name of names) {
        const cell = head.appendChild(document.createElement("th"));
        cell.scope = "col";
        cell.textContent = headings?.[name] ?? name;
      }
      const body = made.createTBody();
      for (const row of rows(columns)) {
        const line = body.insertRow();
        for (const name of names) line.insertCell().textContent = row[name] ?? "–";
      }
    }
  }

  // A picture that was drawn while folded is redrawn in its present width.
  async function unfolded(details) {
    for (const figure of details.querySelectorAll("figure[data-spec]")) {
      const canvas = figure.querySelector(".canvas");
      const drawn = views.get(figure);
      if (!canvas?.clientWidth || (drawn && Math.abs(canvas.querySelector("svg").clientWidth - canvas.clientWidth) < 24)) continue;
      if (drawn === null) continue;
      drawn?.finalize();
      views.delete(figure);
      await draw(figure);
    }
  }

  const idle = () => new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 200 }) : setTimeout(done)));

  async function drawAll() {
    const mine = figures;
    const inSight = mine.filter((each) => each.querySelector(".canvas").clientWidth);
    for (const figure of inSight) await draw(figure);
    document.dispatchEvent(new CustomEvent("drawn"));
    for (const figure of mine) {
      await idle();
      if (mine !== figures) return;
      await draw(figure);
    }
    document.documentElement.dataset.charts = "drawn";
  }

  function start() {
    views.forEach((view) => view?.finalize());
    views = new Map();
    figures = [...document.querySelectorAll("figure[data-spec]")].filter((each) => each.querySelector(".canvas"));
    for (const figure of figures) figure.querySelector(".numbers").addEventListener("toggle", () => table(figure));
    for (const each of document.querySelectorAll("details")) {
      each.addEventListener("toggle", () => each.open && unfolded(each));
    }
    const label = document.getElementById("kernel")?.closest("label");
    if (label) label.hidden = false;
    drawAll();
  }

  document.addEventListener("kernel", () => figures.forEach(choose));
  document.addEventListener("replaced", start);
  window.addEventListener("load", start);
})();
