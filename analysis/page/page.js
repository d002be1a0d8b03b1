// What a page can do: filter and search the claims, go from one to the next, change the language,
// copy a command, print with everything unfolded. The state is kept in the address.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const page = document.getElementById("page");
  const others = all("script[data-language]");
  const first = document.documentElement.lang;
  const texts = { [first]: { body: page.innerHTML, title: document.title } };
  const state = read() ?? { id: "", outcomes: [], differs: false, words: "", kernel: "", lang: "" };

  // The address: #CLAIM?verdict=refuted,corrected&differs&q=words&kernel=6.1&lang=zh-CN
  function read() {
    const [id, query] = location.hash.slice(1).split("?");
    if (query === undefined && location.hash) return null;
    const asked = new URLSearchParams(query ?? "");
    return {
      id: decodeURIComponent(id),
      outcomes: (asked.get("verdict") ?? "").split(",").filter(Boolean),
      differs: asked.has("differs"),
      words: asked.get("q") ?? "",
      kernel: asked.get("kernel") ?? "",
      lang: asked.get("lang") ?? "",
    };
  }

  function write() {
    const asked = new URLSearchParams();
    if (state.outcomes.length) asked.set("verdict", state.outcomes.join(","));
    if (state.differs) asked.set("differs", "");
    if (state.words) asked.set("q", state.words);
    if (state.kernel) asked.set("kernel", state.kernel);
    if (state.lang && state.lang !== first) asked.set("lang", state.lang);
    const query = asked.toString();
    const hash = state.id || query ? `#${encodeURIComponent(state.id)}${query ? `?${query}` : ""}` : "";
    history.replaceState(null, "", location.href.split("#")[0] + hash);
  }

  function matches(each, words) {
    const has = each.dataset.claim.split(" ");
    if (state.outcomes.length && !state.outcomes.some((outcome) => has.includes(outcome))) return false;
    if (state.differs && !("differs" in each.dataset)) return false;
    return words.every((word) => said(each.dataset.of).includes(word));
  }

  const heard = new Map();
  function said(claim) {
    if (!heard.has(claim)) {
      const card = document.getElementById(claim);
      const parts = [claim, ...[...card.querySelectorAll("h3, .findings, .functions")].map((each) => each.textContent)];
      heard.set(claim, parts.join(" ").toLowerCase());
    }
    return heard.get(claim);
  }

  function apply() {
    const bar = document.querySelector(".filters");
    if (!bar) return;
    bar.hidden = false;
    for (const each of bar.querySelectorAll("button")) {
      const on = each.dataset.outcome ? state.outcomes.includes(each.dataset.outcome) : state.differs;
      each.setAttribute("aria-pressed", String(on));
    }
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const each of all("[data-claim]")) each.hidden = !matches(each, words);
    for (const each of all("[data-lecture]")) each.hidden = !each.querySelector("[data-claim]:not([hidden])");
    const rows = all("tr[data-claim]");
    const shown = rows.filter((each) => !each.hidden).length;
    const count = bar.querySelector(".count");
    count.textContent = count.dataset.text.replace("{shown}", shown).replace("{all}", rows.length);
  }

  function chooseKernel() {
    const choice = document.getElementById("kernel");
    if (!choice) return;
    const wanted = [...choice.options].find((each) => each.value === state.kernel) ?? choice.options[0];
    choice.value = wanted.value;
    for (const lecture of all(".lecture")) {
      const overviews = [...lecture.querySelectorAll(".overview")];
      const shown = overviews.find((each) => each.dataset.kernel === wanted.value) ?? overviews[0];
      for (const each of overviews) each.hidden = each !== shown;
    }
    document.dispatchEvent(new CustomEvent("kernel"));
  }

  // A link to a claim shows it: no filter hides it, and it is unfolded.
  function reveal() {
    const target = state.id && document.getElementById(state.id);
    if (!target) return;
    if (target.hidden || target.closest("[hidden]")) {
      Object.assign(state, { outcomes: [], differs: false, words: "" });
      const search = document.getElementById("search");
      if (search) search.value = "";
      apply();
      write();
    }
    const details = target.querySelector("details.claim");
    if (details) details.open = true;
    target.scrollIntoView();
  }

  function step(link) {
    const cards = all("article.card:not([hidden])").filter((each) => !each.closest("[hidden]"));
    const next = cards[cards.indexOf(link.closest("article")) + Number(link.dataset.step)];
    if (next) go(next.id);
  }

  function go(id) {
    state.id = id;
    write();
    reveal();
  }

  async function copy(button) {
    const code = button.previousElementSibling;
    let told = button.dataset.done;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      told = button.dataset.marked;
    }
    const before = button.textContent;
    button.textContent = told;
    setTimeout(() => (button.textContent = before), 2000);
  }

  // The page in another language: packed, since it has every word and picture again.
  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  async function speak(lang) {
    if (lang === document.documentElement.lang) return;
    if (!texts[lang]) {
      const other = others.find((each) => each.dataset.language === lang);
      if (!other) return;
      texts[lang] = await unpacked(other.textContent);
    }
    page.innerHTML = texts[lang].body;
    document.title = texts[lang].title;
    document.documentElement.lang = lang;
    heard.clear();
    document.documentElement.removeAttribute("data-charts");
    start();
    document.dispatchEvent(new CustomEvent("replaced"));
  }

  function start() {
    for (const each of all(".filters button")) {
      each.addEventListener("click", () => {
        const outcome = each.dataset.outcome;
        if (!outcome) state.differs = !state.differs;
        else if (state.outcomes.includes(outcome)) state.outcomes = state.outcomes.filter((one) => one !== outcome);
        else state.outcomes.push(outcome);
        apply();
        write();
      });
    }
    const search = document.getElementById("search");
    if (search) {
      search.value = state.words;
      search.addEventListener("input", () => {
        state.words = search.value.trim();
        apply();
        write();
      });
    }
    const choice = document.getElementById("kernel");
    choice?.addEventListener("change", () => {
      state.kernel = choice.selectedIndex ? choice.value : "";
      chooseKernel();
      write();
    });
    for (const each of all("[data-copy]")) {
      each.hidden = false;
      each.addEventListener("click", () => copy(each));
    }
    for (const each of all("[data-step]")) {
      each.addEventListener("click", (event) => {
        event.preventDefault();
        step(each);
      });
    }
    for (const each of all("[data-language-switch]")) {
      each.hidden = false;
      each.addEventListener("click", async () => {
        state.lang = each.lang;
        await speak(state.lang);
        write();
        document.querySelector("[data-language-switch]").focus();
      });
    }
    apply();
    chooseKernel();
    reveal();
  }

  window.addEventListener("hashchange", async () => {
    const asked = read();
    if (asked) Object.assign(state, asked);
    else state.id = decodeURIComponent(location.hash.slice(1));
    await speak(state.lang || first);
    write();
    apply();
    chooseKernel();
    reveal();
  });

  // Pictures above a claim may have moved it; a reader who has scrolled since is left alone.
  let scrolled = false;
  for (const kind of ["wheel", "touchmove", "keydown"]) window.addEventListener(kind, () => (scrolled = true), { passive: true });
  document.addEventListener("drawn", () => !scrolled && reveal());

  if (!state.id && location.hash && !location.hash.includes("?")) state.id = decodeURIComponent(location.hash.slice(1));
  start();
  if (state.lang && state.lang !== first) speak(state.lang);

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not(.numbers)");
    opened.forEach((each) => (each.open = true));
  });
  window.addEventListener("afterprint", () => opened.forEach((each) => (each.open = false)));
})();
