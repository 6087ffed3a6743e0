// Uploads a file to /api/upload, dropped or chosen, and shows the progress. Errors appear next to the field they are
// about.
"use strict";

(() => {
  const form = document.getElementById("upload");
  const drop = form.querySelector(".drop");
  const input = document.getElementById("file");
  const send = document.getElementById("send");
  const stop = document.getElementById("stop");
  const bar = document.getElementById("sending");
  const status = document.getElementById("sent");
  const dryRun = form.elements.dry_run;
  const mode = form.elements.mode;
  let running = null;
  // The idempotency key: an upload that is sent again after a lost connection is imported only once.
  let key = null;

  // --- The file ---

  // As size of dashboard.templatetags.console.
  function sizeOf(bytes) {
    const units = ["bytes", "kB", "MB", "GB"];
    let amount = bytes;
    while (amount >= 1000 && units.length > 1) {
      amount /= 1000;
      units.shift();
    }
    return `${amount.toFixed(units[0] === "bytes" || amount >= 100 ? 0 : 1)} ${units[0]}`;
  }

  // The texts of the drop zone before a file is chosen.
  const empty = [document.getElementById("chosen").textContent, document.getElementById("chosen-size").textContent];

  function chosen() {
    const [file] = input.files;
    document.getElementById("chosen").textContent = file ? file.name : empty[0];
    document.getElementById("chosen-size").textContent = file ? `${sizeOf(file.size)} · Replace` : empty[1];
    clearErrors();
    key = null;
    form.dispatchEvent(new Event("file-chosen"));
    if (file && file.size > Number(form.dataset.largest)) {
      complain(`This file is too large. The limit is ${sizeOf(Number(form.dataset.largest))}.`);
    }
  }

  input.addEventListener("change", chosen);
  // A file dropped outside the zone must not replace the page.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("is-over"));
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    const { files } = event.dataTransfer;
    if (running || !files.length) return;
    const one = new DataTransfer();
    one.items.add(files[0]);
    input.files = one.files;
    chosen();
    if (files.length > 1) complain(`You dropped ${files.length} files. Only ${files[0].name} is uploaded; upload the others one by one.`);
  });

  function randomKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // --- The options ---

  form.addEventListener("input", () => { key = null; });

  // Replacing the catalog is always previewed.
  function nameButton() {
    send.textContent = dryRun.checked || mode.value === "sync" ? "Preview import" : "Import now";
  }
  dryRun.addEventListener("change", nameButton);
  mode.addEventListener("change", nameButton);
  // The options of a profile were filled in.
  form.addEventListener("filled", () => { key = null; nameButton(); });
  // Browsers restore the fields of a form after the scripts have run; some ignore autocomplete="off".
  addEventListener("pageshow", nameButton);

  function collected() {
    const data = new FormData();
    // Options go before the file, so that the server can reject them before it has read the file.
    for (const field of form.elements) {
      if (!field.name || field.type === "file") continue;
      // A box that is not checked is a choice too, which a profile must not override.
      if (field.type === "checkbox") data.append(field.name, field.checked);
      else if (field.value.trim()) data.append(field.name, field.value);
    }
    data.append("file", input.files[0]);
    return data;
  }

  // --- Sending ---

  function clearErrors() {
    for (const error of form.querySelectorAll(".error")) error.textContent = "";
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    status.textContent = "";
  }

  function complain(text, name = "") {
    const place = name && form.querySelector(`[data-error="${CSS.escape(name)}"]`);
    (place || document.getElementById("file-error")).textContent = text;
    const field = place && form.elements[name];
    if (field && field.setAttribute) field.setAttribute("aria-invalid", "true");
    if (place) place.closest("details")?.setAttribute("open", "");
  }

  function sending(is) {
    send.disabled = is;
    stop.hidden = bar.hidden = !is;
    running = is ? running : null;
  }

  function showErrors(response) {
    sending(false);
    status.textContent = "";
    let problem = {};
    try { problem = JSON.parse(response.responseText); } catch { /* an error page of a proxy */ }
    if (response.status === 401) return form.dispatchEvent(new CustomEvent("signed-out", { bubbles: true }));
    const errors = (problem.errors || []).filter((error) => form.querySelector(`[data-error="${CSS.escape(error.pointer.slice(1))}"]`));
    for (const error of errors) complain(error.detail, error.pointer.slice(1));
    if (!errors.length) complain(problem.detail || `The server returned an error (${response.status}). Try again in a moment.`);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const named = send.textContent;
    nameButton();
    // The form does what its button said when it was pressed, or nothing.
    if (running || send.textContent !== named) return;
    clearErrors();
    if (!input.files.length) {
      complain("Choose a file to import.");
      input.focus();
      return;
    }
    const request = new XMLHttpRequest();
    running = request;
    sending(true);
    bar.value = 0;
    request.upload.addEventListener("progress", (event) => {
      bar.value = (100 * event.loaded) / event.total;
      status.textContent = event.loaded < event.total
        ? `${sizeOf(event.loaded)} of ${sizeOf(event.total)} uploaded` : "Uploaded. Checking the file …";
    });
    request.addEventListener("load", () => {
      if (request.status !== 202) return showErrors(request);
      running = key = null;
      location.assign(`/imports/${JSON.parse(request.responseText).job_id}/`);
    });
    request.addEventListener("error", () => {
      sending(false);
      status.textContent = "";
      complain("Connection lost. Try again; the file won't be imported twice.");
    });
    request.addEventListener("abort", () => {
      sending(false);
      status.textContent = "Upload cancelled. Nothing was imported.";
    });
    request.open("POST", form.action);
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
    request.setRequestHeader("X-CSRFToken", token);
    key ??= randomKey();
    request.setRequestHeader("Idempotency-Key", key);
    request.send(collected());
  });
  addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
  stop.addEventListener("click", () => running?.abort());
})();
