// Match columns: after a file is chosen, sends its beginning to be inspected and shows how it would be read. Every choice
// is inspected again, so that what is shown is what will be imported. An upload waits until no question is open.
"use strict";

(() => {
  const form = document.getElementById("upload");
  const panel = document.getElementById("match");
  const said = document.getElementById("match-said");
  const spoken = document.getElementById("match-spoken");
  const status = document.getElementById("sent");
  const input = document.getElementById("file");
  const START = 1024 ** 2; // Enough of a text; a ZIP and a workbook list their contents at their end.
  // From columns to fields: only what the reader has chosen.
  const choices = new Map();
  // The profile that fits is looked for once for each reading of the file, unless the reader has chosen one, or none.
  const UNKNOWN = { isKnown: false, isChosen: false, name: "" };
  let profile = UNKNOWN;
  let inspection = null;
  let isSubmitted = false;

  // Browsers restore hidden fields too.
  form.elements.mapping.value = "";

  // --- Inspection ---

  async function inspect() {
    inspection?.abort();
    const [file] = input.files;
    const mine = inspection = new AbortController();
    panel.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(panel.dataset.from, { method: "POST", body: await inquiry(file), headers: headers(), signal: mine.signal });
      // A problem comes as a notice (project.middleware.console); an error page of a proxy does not.
      const isPart = response.ok || response.headers.has("HX-Retarget");
      const text = isPart ? await response.text() : "";
      if (response.headers.has("HX-Redirect")) form.dispatchEvent(new CustomEvent("signed-out", { bubbles: true }));
      else show(text);
    } catch (error) {
      // Without an answer the upload goes on: the server refuses it if something is unclear.
      if (error.name === "AbortError") return;
      show("");
    }
    inspection = null;
    panel.removeAttribute("aria-busy");
    if (isSubmitted) submit();
  }

  async function inquiry(file) {
    const data = new FormData();
    const { mapping, mode } = form.elements;
    const chosen = [...panel.querySelectorAll("[data-reading]"), mapping, ...("chosen" in mode.dataset ? [mode] : [])];
    for (const field of chosen) {
      if (field.name !== "profile" && field.value.trim()) data.append(field.name, field.value);
    }
    data.append(...(profile.isKnown ? ["profile", profile.name] : ["find_profile", "true"]));
    const first = new TextDecoder("latin1").decode(await file.slice(0, 2).arrayBuffer());
    data.append("file", first === "PK" ? file : file.slice(0, START), file.name);
    return data;
  }

  function headers() {
    return { ...JSON.parse(document.body.getAttribute("hx-headers")), "HX-Request": "true", Accept: "text/html" };
  }

  // Keeps answered questions, so that an answer can be changed, what is folded open, and the focus.
  function show(text) {
    const focused = document.activeElement?.id;
    const fresh = new DOMParser().parseFromString(text, "text/html").body;
    for (const details of panel.querySelectorAll("details[open]")) fresh.querySelector(`#${details.id}`)?.setAttribute("open", "");
    const place = fresh.querySelector("#match-questions");
    for (const question of [...panel.querySelectorAll("[data-question]")].reverse()) {
      const isAsked = fresh.querySelector(`[data-question="${question.dataset.question}"]`);
      if (place && !isAsked && question.querySelector(":checked")) place.prepend(question);
    }
    panel.replaceChildren(...fresh.childNodes);
    panel.hidden = !text;
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
    const news = openQuestion()?.querySelector("legend") || panel.querySelector("#match-failure, #match-summary");
    spoken.textContent = news ? news.textContent : "";
    // Before a file is read, and of one that cannot be, nothing is known.
    const isRead = panel.querySelector("#profile-use") !== null;
    if (isRead && !profile.isKnown) profile = { ...UNKNOWN, isKnown: true, name: document.getElementById("reading-profile")?.value ?? "" };
    form.dispatchEvent(new Event("matched"));
  }

  form.addEventListener("file-chosen", () => {
    inspection?.abort();
    inspection = null;
    forget();
    profile = UNKNOWN;
    show("");
    if (input.files.length && input.files[0].size <= Number(form.dataset.largest)) inspect();
  });
  form.elements.mode.addEventListener("change", () => { if (!panel.hidden) inspect(); });

  // --- Choices ---

  function forget() {
    choices.clear();
    form.elements.mapping.value = "";
    isSubmitted = false;
    say("");
  }

  function say(text) {
    said.textContent = text;
    said.hidden = !text;
  }

  function choose(chosen) {
    for (const [key, field] of chosen) choices.set(key, field);
    form.elements.mapping.value = JSON.stringify(Object.fromEntries(choices));
  }

  panel.addEventListener("change", ({ target }) => {
    status.textContent = "";
    say("");
    if (target.matches("[data-reading]")) read(target);
    else if (target.matches("[type=radio]")) answer(target);
    else move(target);
    inspect();
  });

  // The columns may be others now, so choices are no longer about them.
  function read(field) {
    if (["decimal", "other_sheets"].includes(field.name)) return;
    if (field.name === "profile") profile = { isKnown: true, isChosen: true, name: field.value };
    else if (!profile.isChosen) profile = UNKNOWN;
    const isEmpty = !choices.size;
    forget();
    dropAnswers();
    if (!isEmpty) say("Your choices were reset, because the columns are read in another way.");
  }

  function answer(radio) {
    const question = radio.closest("[data-question]");
    question.querySelector("[data-unanswered]").textContent = "";
    if (radio.name === "sheet") {
      forget();
      dropAnswers(question);
      if (!profile.isChosen) profile = UNKNOWN;
      document.getElementById("reading-sheet").value = radio.value;
      return;
    }
    // What an earlier answer to this question has set.
    for (const { value } of question.querySelectorAll("[type=radio]")) {
      for (const key of Object.keys(JSON.parse(value))) choices.delete(key);
    }
    choose(Object.entries(JSON.parse(radio.value)));
  }

  function move(select) {
    const { key, header } = select.dataset;
    const field = select.selectedOptions[0];
    const other = [...panel.querySelectorAll("[data-key]")].find((one) => one !== select && field.value && one.value === field.value);
    if (other) {
      choose([[other.dataset.key, ""]]);
      say(`“${other.dataset.header}” is no longer imported: ${field.text} is now “${header}”.`);
    }
    choose([[key, field.value]]);
    dropAnswers();
  }

  function dropAnswers(kept = null) {
    for (const radio of panel.querySelectorAll("[data-question] :checked")) {
      const question = radio.closest("[data-question]");
      if (question !== kept) question.remove();
    }
  }

  // Enter reads the file again instead of uploading it.
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input[data-reading]")) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  panel.addEventListener("click", ({ target }) => {
    if (target.matches("[data-detect]")) detectAgain();
    if (target.matches("[data-more]")) showMore(target);
  });

  function detectAgain() {
    forget();
    profile = UNKNOWN;
    panel.replaceChildren();
    inspect();
  }

  function showMore(button) {
    const more = document.getElementById("match-more").content;
    const first = more.querySelector("select");
    panel.querySelector("#match-ignored tbody").append(more);
    button.remove();
    first.focus();
  }

  // --- Before the upload ---

  // What was settled is in the profile now, with which the file is uploaded.
  form.addEventListener("profile-saved", ({ detail }) => {
    forget();
    dropAnswers();
    profile = { isKnown: true, isChosen: true, name: detail };
    isSubmitted = true;
    inspect();
  });

  function submit() {
    isSubmitted = false;
    status.textContent = "";
    form.requestSubmit(document.getElementById("send"));
  }

  function openQuestion() {
    return [...panel.querySelectorAll("[data-question]")].find((question) => !question.querySelector(":checked"));
  }

  form.addEventListener("submit", (event) => {
    const question = openQuestion();
    if (!inspection && !question) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (inspection) {
      isSubmitted = true;
      status.textContent = "Checking the file …";
      return;
    }
    question.querySelector("[data-unanswered]").textContent = "Answer this question first.";
    (question.querySelector("[type=radio]") || panel.querySelector("[data-key]")).focus();
  }, { capture: true });
})();
