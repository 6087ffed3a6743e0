// The list of products: selection, the confirmation dialog of bulk actions, and keys while a row is edited. Without this
// script the buttons lead to pages: to the confirmation, and to the product.
"use strict";

(() => {
  const ticks = () => [...document.querySelectorAll('input[name="id"][form="bulk"]')];

  // Shows the number of selected products, and enables the buttons if there are any.
  function count() {
    const scope = document.getElementById("scope");
    if (!scope) return;
    const all = ticks();
    const ticked = all.filter((tick) => tick.checked).length;
    const [selected] = scope.options;
    selected.textContent = ticked ? `${ticked.toLocaleString("en")} selected` : "Selected products";
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

  // The confirmation is a dialog here. On its own page, its link leads back.
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

  // Keeps empty filters out of the address.
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters, verb } = event.detail;
    if (verb !== "get") return;
    for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  });

  function onLoad(part) {
    if (part.dataset?.message) document.getElementById("spoken").textContent = part.dataset.message;
    if (part.id === "confirm") part.closest("dialog")?.showModal();
    for (const error of document.querySelectorAll("#filters .error")) {
      const control = document.getElementById(error.id.replace("error-", ""));
      control.setAttribute("aria-invalid", String(error.textContent !== ""));
    }
    count();
  }

  document.addEventListener("htmx:load", (event) => onLoad(event.target));
  count();
})();
