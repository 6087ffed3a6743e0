// The table of skipped rows: keys that move between its rows, buttons for what a cell may mean, and the number of rows on the
// buttons. Only what was changed is sent: a form may have 1,000 fields, and 2 MB.
"use strict";

(() => {
  const form = document.getElementById("rows");
  const rows = [...form.querySelectorAll("tbody tr")];
  const tooLarge = document.getElementById("too-large");
  const cellsOf = (row) => [...row.querySelectorAll("[name^=cell-]")];
  const dropOf = (row) => row.querySelector("[name=drop]");
  const isChanged = (cell) => cell.value !== (cell.dataset.stored ?? cell.defaultValue).replace(/\r\n?/g, "\n");
  let isSent = false;

  // --- The number of rows ---

  function count() {
    const chosen = rows.filter((row) => !dropOf(row).checked).length;
    for (const row of rows) row.classList.toggle("is-dropped", dropOf(row).checked);
    for (const button of form.querySelectorAll("[data-verb]")) {
      const { verb, more = "" } = button.dataset;
      button.textContent = `${verb} ${chosen.toLocaleString("en")} ${chosen === 1 ? "row" : "rows"} ${more}`.trim();
      button.disabled = !chosen;
    }
  }

  form.addEventListener("change", ({ target }) => { if (target.name === "drop") count(); });

  // --- Cells ---

  form.addEventListener("click", ({ target }) => {
    if (!target.matches("[data-text]")) return;
    const cell = target.closest("td").querySelector("[name^=cell-]");
    cell.value = target.dataset.text;
    cell.removeAttribute("aria-invalid");
    cell.focus();
  });

  // An error is about the text that was there; the server checks the new one.
  form.addEventListener("input", ({ target }) => target.removeAttribute("aria-invalid"));

  form.addEventListener("keydown", (event) => {
    const step = stepOf(event);
    const row = event.target.closest("tbody tr");
    if (!step || !row || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const other = rows[rows.indexOf(row) + step];
    event.preventDefault();
    if (other) columnOf(event.target, row, other).focus();
  });

  function columnOf(field, row, other) {
    return field.name === "drop" ? dropOf(other) : cellsOf(other)[cellsOf(row).indexOf(field)];
  }

  // Enter and the arrows move as in a spreadsheet. In a text of several lines, the arrows move to its ends first, and
  // Shift+Enter makes a new line.
  function stepOf({ key, target, shiftKey }) {
    const isText = target.matches("textarea");
    if (!isText && !target.matches("input[type=text], [name=drop]")) return 0;
    if (key === "Enter") return isText && shiftKey ? 0 : shiftKey ? -1 : 1;
    if (key === "ArrowDown") return isText && target.selectionStart < target.value.length ? 0 : 1;
    if (key === "ArrowUp") return isText && target.selectionEnd > 0 ? 0 : -1;
    return 0;
  }

  // --- Sending ---

  function changes() {
    const cells = {};
    for (const cell of rows.flatMap(cellsOf).filter(isChanged)) {
      const [line, place] = cell.name.slice("cell-".length).split("-");
      (cells[line] ??= {})[place] = cell.value;
    }
    const dropped = rows.map(dropOf).filter((drop) => drop.checked).map((drop) => Number(drop.value));
    return JSON.stringify({ cells, dropped });
  }

  form.addEventListener("submit", (event) => {
    const isTooLarge = new Blob([changes()]).size > Number(form.dataset.largest);
    tooLarge.textContent = isTooLarge ? "This is more text than can be sent at once. Correct some rows, and tick “Don't import” for the others; they can be corrected afterwards." : "";
    if (isTooLarge) event.preventDefault();
    isSent = !isTooLarge;
  });
  form.addEventListener("formdata", ({ formData }) => {
    for (const name of [...formData.keys()]) if (name === "drop" || name.startsWith("cell-")) formData.delete(name);
    formData.append("changes", changes());
  });
  addEventListener("beforeunload", (event) => {
    if (!isSent && rows.flatMap(cellsOf).some(isChanged)) event.preventDefault();
  });

  count();
  form.querySelector("[aria-invalid]")?.focus();
})();
