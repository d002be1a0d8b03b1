// Draws the charts: those in sight first, the others when the browser has nothing better to do.
"use strict";
(() => {
  const FONT = getComputedStyle(document.body).fontFamily;
  const LOOKS = {
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
  const views = new Map();
  const choice = document.getElementById("kernel");
  const figures = [...document.querySelectorAll("figure[data-spec]")].filter((f) => f.querySelector(".canvas"));

  // A dataset comes as columns; Vega wants rows.
  function rows(columns) {
    const names = Object.keys(columns);
    const count = names.length ? columns[names[0]].length : 0;
    return Array.from({ length: count }, (_, i) => Object.fromEntries(names.map((n) => [n, columns[n][i]])));
  }

  function specOf(figure) {
    const spec = JSON.parse(document.getElementById(figure.dataset.spec).textContent);
    for (const name of Object.keys(spec.datasets ?? {})) spec.datasets[name] = rows(spec.datasets[name]);
    spec.autosize ??= { type: "fit-x", contains: "padding" };
    return spec;
  }

  function looks(width) {
    const legend = width < NARROW ? { ...LOOKS.legend, columns: 1, labelLimit: width * 0.6 } : LOOKS.legend;
    const axis = width < NARROW ? { ...LOOKS.axis, labelLimit: width / 2.2 } : LOOKS.axis;
    return { ...LOOKS, legend, axis };
  }

  async function draw(figure) {
    if (views.has(figure)) return;
    views.set(figure, null);
    const canvas = figure.querySelector(".canvas");
    try {
      const options = {
        ast: true, mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, logLevel: 1,
        config: looks(canvas.clientWidth), tooltip: { theme: "none", disableDefaultStyle: true },
      };
      const spec = specOf(figure);
      const { view } = await vegaEmbed(canvas, spec, options);
      canvas.classList.add("drawn");
      // One picture with a text; who cannot see it has the numbers as a table.
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

  // Whose rows a picture shows: the chosen kernel's, if there are any of it.
  async function choose(figure) {
    const view = views.get(figure);
    const spec = document.getElementById(figure.dataset.spec);
    const kernels = figure.dataset.kernels ? JSON.parse(figure.dataset.kernels) : [];
    if (!view || !choice || !spec || !kernels.includes(choice.value)) return;
    figure.querySelector(".whose b").textContent = choice.value;
    await view.signal("kernel", choice.value).runAsync();
  }

  function table(figure) {
    const place = figure.querySelector(".numbers > div");
    if (place.firstChild) return;
    for (const columns of Object.values(JSON.parse(document.getElementById(figure.dataset.spec).textContent).datasets ?? {})) {
      const made = place.appendChild(document.createElement("table"));
      const head = made.createTHead().insertRow();
      for (const name of Object.keys(columns)) {
        const cell = head.appendChild(document.createElement("th"));
        cell.scope = "col";
        cell.textContent = name;
      }
      const body = made.createTBody();
      for (const row of rows(columns)) {
        const line = body.insertRow();
        for (const value of Object.values(row)) line.insertCell().textContent = value ?? "–";
      }
    }
  }

  async function drawAll() {
    for (const figure of figures) {
      await new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 200 }) : setTimeout(done)));
      await draw(figure);
    }
    document.documentElement.dataset.charts = "drawn";
  }

  const watcher = new IntersectionObserver((entries) => {
    for (const each of entries) if (each.isIntersecting) draw(each.target);
  }, { rootMargin: "300px" });
  for (const figure of figures) {
    watcher.observe(figure);
    figure.querySelector(".numbers").addEventListener("toggle", () => table(figure));
  }
  if (choice) {
    choice.closest("label").hidden = false;
    choice.addEventListener("change", () => figures.forEach(choose));
  }
  window.addEventListener("load", drawAll);
})();
