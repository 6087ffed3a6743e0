// Profiles in the upload form: fills in the settings of the profile that a file is read with, and saves what was settled for
// a file as a profile, before it is uploaded with it.
"use strict";

(() => {
  const form = document.getElementById("upload");
  const panel = document.getElementById("match");
  const status = document.getElementById("sent");
  const use = () => document.getElementById("profile-use");

  // --- Settings ---

  // What the form, and then a profile, has put into each field. What the reader has chosen wins over it.
  const filled = new Map([...form.elements].filter((field) => field.name).map((field) => [field.name, field.value]));
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, ({ target }) => {
      if (target.name && !panel.contains(target)) target.dataset.chosen = "";
    }, { capture: true });
  }

  form.addEventListener("matched", () => {
    if (!use()) return;
    for (const [name, value] of Object.entries(JSON.parse(use().dataset.values))) {
      const field = form.elements[name];
      if ("chosen" in field.dataset || field.value !== filled.get(name)) continue;
      field.value = value;
      filled.set(name, value);
    }
    form.dispatchEvent(new Event("filled"));
  });

  // A setting that the reader has changed is no longer that of the profile.
  for (const kind of ["filled", "change"]) {
    form.addEventListener(kind, () => {
      for (const chip of panel.querySelectorAll("[data-setting]")) {
        chip.hidden = form.elements[chip.dataset.setting].value !== chip.dataset.value;
      }
    });
  }

  // --- Saving ---

  const box = document.getElementById("keep");
  if (!box) return;
  const check = document.getElementById("keep-settings");
  const name = document.getElementById("profile-name");
  const complaint = document.getElementById("profile-name-error");
  const another = document.getElementById("keep-version");
  let isTyped = false;
  let isSaving = false;
  // The profile of which a new version is to be saved, although it is not the one in use.
  let replaced = "";

  function refresh() {
    box.hidden = !use() || (use().dataset.profile !== "" && !isCorrected());
    document.getElementById("keep-as").hidden = !check.checked;
    if (use() && !isTyped) name.value = use().dataset.name;
    document.getElementById("about-profile-name").hidden = !ownVersion();
  }

  // Whether anything was chosen that the profile in use does not have.
  function isCorrected() {
    const values = JSON.parse(use().dataset.values);
    const isOther = Object.entries(values).some(([option, value]) => form.elements[option].value !== value);
    const readings = [...panel.querySelectorAll("[data-reading]")].filter((field) => field.name !== "profile");
    return isOther || form.elements.mapping.value !== "" || readings.some((field) => field.value.trim());
  }

  // The profile in use, if the name is still its name.
  function ownVersion() {
    return use() && name.value.trim() === use().dataset.name ? use().dataset.profile : "";
  }

  form.addEventListener("matched", refresh);
  form.addEventListener("change", refresh);
  check.addEventListener("change", () => { clear(); refresh(); });
  name.addEventListener("input", () => { isTyped = true; clear(); refresh(); });
  form.addEventListener("file-chosen", () => {
    isTyped = check.checked = false;
    clear();
    refresh();
  });
  addEventListener("pageshow", () => { check.checked = false; });

  // Enter saves and uploads, as in the fields of the form.
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") form.requestSubmit(document.getElementById("send"));
  });
  another.addEventListener("click", () => {
    replaced = another.dataset.profile;
    form.requestSubmit(document.getElementById("send"));
  });

  form.addEventListener("submit", (event) => {
    if (box.hidden || !check.checked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isSaving) save();
  }, { capture: true });

  async function save() {
    const version = replaced || ownVersion();
    clear();
    isSaving = true;
    status.textContent = "Saving the profile …";
    try {
      const response = await fetch(version ? `${box.dataset.profiles}${version}/` : box.dataset.profiles, {
        method: version ? "PATCH" : "POST",
        headers: { ...JSON.parse(document.body.getAttribute("hx-headers")), "Content-Type": "application/json" },
        body: JSON.stringify({ ...(version ? {} : { name: name.value }), ...content() }),
      });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) saved(answer);
      else refuse(response.status, answer);
    } catch {
      complain("Connection lost. Try again; nothing was uploaded.");
    }
    isSaving = false;
  }

  function content() {
    const { header, options } = JSON.parse(use().dataset.content);
    const values = Object.keys(JSON.parse(use().dataset.values)).map((option) => [option, form.elements[option].value.trim()]);
    return { header, options: { ...options, ...Object.fromEntries(values.filter(([, value]) => value)) } };
  }

  function saved(profile) {
    check.checked = isTyped = false;
    form.dispatchEvent(new CustomEvent("profile-saved", { detail: profile.name }));
  }

  function refuse(code, problem) {
    if (code === 401) return form.dispatchEvent(new CustomEvent("signed-out", { bubbles: true }));
    const { profile } = problem;
    if (profile) return offerVersion(profile);
    complain(problem.errors?.[0].detail || problem.detail || `The server returned an error (${code}). Try again in a moment.`);
  }

  function offerVersion(profile) {
    complain(`A profile named “${profile.name}” already exists.`);
    another.dataset.profile = profile.id;
    another.textContent = `Save as version ${profile.version + 1} of it`;
    another.hidden = false;
  }

  function complain(text) {
    status.textContent = "";
    complaint.textContent = text;
    name.setAttribute("aria-invalid", "true");
    name.focus();
  }

  function clear() {
    complaint.textContent = "";
    name.removeAttribute("aria-invalid");
    another.hidden = true;
    replaced = "";
  }
})();
