// What can be done in a page: filter the claims, copy a command, print with everything open.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];

  function filters(bar) {
    const buttons = [...bar.querySelectorAll("button")];
    const count = bar.querySelector(".count");
    function apply() {
      const pressed = buttons.filter((each) => each.getAttribute("aria-pressed") === "true");
      const outcomes = pressed.map((each) => each.dataset.outcome).filter(Boolean);
      const differing = pressed.some((each) => "differs" in each.dataset);
      for (const each of all("[data-claim]")) {
        const has = each.dataset.claim.split(" ");
        const wanted = !outcomes.length || outcomes.some((outcome) => has.includes(outcome));
        each.hidden = !wanted || (differing && !("differs" in each.dataset));
      }
      const rows = all("tr[data-claim]");
      const shown = rows.filter((each) => !each.hidden).length;
      count.textContent = count.dataset.text.replace("{shown}", shown).replace("{all}", rows.length);
    }
    for (const each of buttons) {
      each.addEventListener("click", () => {
        each.setAttribute("aria-pressed", String(each.getAttribute("aria-pressed") !== "true"));
        apply();
      });
    }
    bar.hidden = false;
    apply();
  }

  // A link to a card that a filter hides shows it.
  function reveal() {
    const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (card?.hidden) {
      all("[aria-pressed=true]").forEach((each) => each.click());
      card.scrollIntoView();
    }
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

  all(".filters").forEach(filters);
  for (const each of all("[data-copy]")) {
    each.hidden = false;
    each.addEventListener("click", () => copy(each));
  }
  window.addEventListener("hashchange", reveal);

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not(.numbers)");
    opened.forEach((each) => (each.open = true));
  });
  window.addEventListener("afterprint", () => opened.forEach((each) => (each.open = false)));
})();
