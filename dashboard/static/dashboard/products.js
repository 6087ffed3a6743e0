// The list of products: ticks, the question before something is done to many, and the keys of a row that is edited.
// Without this script everything goes by pages: the buttons lead to the question, Edit to the product.
"use strict";

(() => {
  const ticks = () => [...document.querySelectorAll('input[name="id"][form="bulk"]')];

  // What is ticked, said where it is chosen; the buttons wait until there is something to do.
  function count() {
    const scope = document.getElementById("scope");
    if (!scope) return;
    const all = ticks();
    const ticked = all.filter((tick) => tick.checked).length;
    const [selected] = scope.options;
    selected.textContent = ticked ? selected.dataset.some + ticked.toLocaleString("en") : selected.dataset.none;
    const master = document.getElementById("tick-all");
    master.closest("label").hidden = false;
    master.checked = ticked > 0 && ticked === all.length;
    master.indeterminate = ticked > 0 && ticked < all.length;
    for (const button of document.querySelectorAll('#bulk button[name="action"]')) {
      button.disabled = scope.value === "selection" && !ticked;
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "tick-all") {
      for (const tick of ticks()) tick.checked = event.target.checked;
    }
    if (event.target.name === "id") document.getElementById("scope").value = "selection";
    if (event.target.closest("#bulk, .tick")) count();
  });

  // The question is a dialog here; where it is a page of its own, its link leads back.
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("[data-keeps]")?.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr.is-edited");
    if (row && event.key === "Escape") {
      event.preventDefault();
      row.querySelector("[data-cancels]").click();
    }
  });

  // Blank filters have no place in the address.
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters, verb } = event.detail;
    if (verb !== "get") return;
    for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  });

  function arrived(part) {
    if (part.dataset?.said) document.getElementById("spoken").textContent = part.dataset.said;
    if (part.id === "confirm") part.closest("dialog")?.showModal();
    for (const error of document.querySelectorAll("#filters .error")) {
      const control = document.getElementById(error.id.replace("error-", ""));
      control.setAttribute("aria-invalid", String(error.textContent !== ""));
    }
    count();
  }

  document.addEventListener("htmx:load", (event) => arrived(event.target));
  count();
})();
