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
  // Sent again after a lost connection, the same upload is known by it, and not imported twice.
  let key = null;

  // --- The file ---

  function megabytes(bytes) {
    const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
    return `${amount.toLocaleString("en", { maximumFractionDigits: 1 })} ${unit}`;
  }

  // What the zone says before a file is chosen.
  const nothing = [document.getElementById("chosen").textContent, document.getElementById("chosen-size").textContent];

  function chosen() {
    const [file] = input.files;
    document.getElementById("chosen").textContent = file ? file.name : nothing[0];
    document.getElementById("chosen-size").textContent = file ? `${megabytes(file.size)}. Drop another to replace it.` : nothing[1];
    forget();
    key = null;
    if (file && file.size > Number(form.dataset.largest)) {
      complain(`The file is too large: at most ${megabytes(Number(form.dataset.largest))} are taken.`);
    }
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

  function randomKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // --- The options ---

  form.addEventListener("input", () => { key = null; });

  function nameButton() {
    send.textContent = dryRun.checked ? "Start the dry run" : "Import now";
  }
  dryRun.addEventListener("change", nameButton);
  // A browser that goes back, or reloads, may have kept the form as it was.
  nameButton();

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
      key = null;
      location.assign(`/imports/${JSON.parse(request.responseText).job_id}/`);
    });
    request.addEventListener("error", () => {
      sending(false);
      told.textContent = "";
      complain("The connection was lost. Send it again; it will not be imported twice.");
    });
    request.addEventListener("abort", () => {
      sending(false);
      told.textContent = "Stopped. Nothing was imported.";
    });
    request.open("POST", form.action);
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
    request.setRequestHeader("X-CSRFToken", token);
    key ??= randomKey();
    request.setRequestHeader("Idempotency-Key", key);
    request.send(collected());
  });
  stop.addEventListener("click", () => underWay?.abort());
})();
