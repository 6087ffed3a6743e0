// The upload of a file: by drop or by the file button, with its progress, to /api/upload. What the server refuses is
// shown next to what it is about.
"use strict";

(() => {
  const form = document.getElementById("upload");
  const drop = form.querySelector(".drop");
  const input = document.getElementById("file");
  const send = document.getElementById("send");
  const stop = document.getElementById("stop");
  const bar = document.getElementById("sending");
  const told = document.getElementById("sent");
  const dryRun = form.elements.dry_run;
  let underWay = null;

  // --- The file ---

  function megabytes(bytes) {
    const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
    return `${amount.toLocaleString("en", { maximumFractionDigits: 1 })} ${unit}`;
  }

  function chosen() {
    const [file] = input.files;
    document.getElementById("chosen").textContent = file ? file.name : "Drop a file here, or choose one";
    document.getElementById("chosen-size").textContent = file ? `${megabytes(file.size)}. Drop another to replace it` : "CSV or .xlsx, also in gzip or ZIP";
    forget();
  }

  input.addEventListener("change", chosen);
  // A file dropped beside the zone must not replace the page.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("is-over"));
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    if (underWay || !event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    chosen();
  });

  // --- The options ---

  dryRun.addEventListener("change", () => { send.textContent = dryRun.checked ? "Start the dry run" : "Import now"; });

  for (const mapping of form.querySelectorAll("[data-mapping]")) {
    mapping.querySelector("[data-add-pair]").addEventListener("click", () => {
      const pairs = mapping.querySelector("[data-pairs]");
      const pair = pairs.firstElementChild.cloneNode(true);
      pair.querySelector("[data-header]").value = "";
      pairs.append(pair);
      pair.querySelector("[data-header]").focus();
    });
  }

  function collected() {
    const data = new FormData();
    // Before the file, so that the server can refuse it early.
    for (const field of form.elements) {
      if (!field.name || field.type === "file" || (field.type === "checkbox" && !field.checked)) continue;
      if (field.value.trim()) data.append(field.name, field.value);
    }
    for (const mapping of form.querySelectorAll("[data-mapping]")) {
      const pairs = [...mapping.querySelectorAll("[data-pair]")].map((pair) => [
        pair.querySelector("[data-header]").value.trim(), pair.querySelector("[data-field]").value,
      ]).filter(([header]) => header);
      if (pairs.length) data.append(mapping.dataset.mapping, JSON.stringify(Object.fromEntries(pairs)));
    }
    data.append("file", input.files[0]);
    return data;
  }

  // --- Sending ---

  function forget() {
    for (const error of form.querySelectorAll(".error")) error.textContent = "";
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    told.textContent = "";
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
    underWay = is ? underWay : null;
  }

  function refused(answer) {
    sending(false);
    told.textContent = "";
    let problem = {};
    try { problem = JSON.parse(answer.responseText); } catch { /* a proxy's page */ }
    if (answer.status === 401) return location.reload();
    const faults = (problem.errors || []).filter((fault) => form.querySelector(`[data-error="${CSS.escape(fault.pointer.slice(1))}"]`));
    for (const fault of faults) complain(fault.detail, fault.pointer.slice(1));
    if (!faults.length) complain(problem.detail || `The server answered ${answer.status}.`);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (underWay) return;
    forget();
    if (!input.files.length) {
      complain("Choose a file first.");
      input.focus();
      return;
    }
    const request = new XMLHttpRequest();
    underWay = request;
    sending(true);
    bar.value = 0;
    request.upload.addEventListener("progress", (event) => {
      bar.value = (100 * event.loaded) / event.total;
      told.textContent = event.loaded < event.total
        ? `${megabytes(event.loaded)} of ${megabytes(event.total)} sent` : "Sent. The server looks at it …";
    });
    request.addEventListener("load", () => {
      if (request.status !== 202) return refused(request);
      location.assign(`/imports/${JSON.parse(request.responseText).job_id}/`);
    });
    request.addEventListener("error", () => {
      sending(false);
      told.textContent = "";
      complain("The connection was lost before the file was sent. Nothing was imported; try again.");
    });
    request.addEventListener("abort", () => {
      sending(false);
      told.textContent = "Stopped. Nothing was imported.";
    });
    request.open("POST", form.action);
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
    request.setRequestHeader("X-CSRFToken", token);
    request.send(collected());
  });
  stop.addEventListener("click", () => underWay?.abort());
  addEventListener("pageshow", (event) => { if (event.persisted) sending(false); });
})();
