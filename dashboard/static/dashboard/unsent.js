// Keeps what was typed into a form that the server did not accept, because the session has ended or the page has expired,
// and fills it in again after the sign-in. It is kept for this tab and this account only. Fields with [data-secret],
// passwords and files are never kept.
"use strict";

(() => {
  const KEY = "unsent";
  const PAIRLESS = new Set(["hidden", "password", "file", "submit", "button"]);
  const { user = "" } = document.body.dataset;
  const refuses = "refuses" in document.body.dataset;
  const here = () => location.pathname + location.search;

  const nameOf = (form) => form.getAttribute("action") || "";
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !PAIRLESS.has(field.type) && !("secret" in field.dataset));
  const forget = () => sessionStorage.removeItem(KEY);

  function keep(form) {
    const fields = fieldsOf(form);
    if (!fields.length || form.querySelector("[type=password]")) return;
    const values = fields.map((field) => [field.name, field.value, field.checked ?? null]);
    sessionStorage.setItem(KEY, JSON.stringify({ page: here(), user, form: nameOf(form), values }));
  }

  function fill(form, values) {
    const left = [...values];
    for (const field of fieldsOf(form)) {
      const isChoice = field.type === "checkbox" || field.type === "radio";
      const at = left.findIndex(([name, value]) => name === field.name && (!isChoice || value === field.value));
      if (at < 0) continue;
      const [[, value, checked]] = left.splice(at, 1);
      if (isChoice) field.checked = checked;
      else field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    form.closest("dialog:not([open])")?.showModal();
  }

  function say(text, ...more) {
    const notice = document.createElement("p");
    notice.className = "notice is-warn";
    notice.append(text, ...more);
    document.getElementById("notices").replaceChildren(notice);
  }

  function restore(kept) {
    const form = [...document.forms].find((one) => one.method === "post" && nameOf(one) === kept.form);
    if (!form) return false;
    fill(form, kept.values);
    forget();
    say("Your input is back in the form, without files and secrets. Check it and save again.");
    return true;
  }

  const kept = JSON.parse(sessionStorage.getItem(KEY) || "null");
  if (kept && !refuses) {
    // A form that was accepted leads to another page, or to this one without having been refused.
    if (!kept.refused || kept.user !== user) forget();
    else if (kept.page === here() && !restore(kept)) {
      // A row of a list, which becomes a form first.
      const open = () => { if (restore(kept)) document.removeEventListener("htmx:load", open); };
      document.addEventListener("htmx:load", open);
      addEventListener("load", () => document.querySelector(`[hx-get="${CSS.escape(kept.form)}?edit"]`)?.click());
    }
  } else if (kept) {
    sessionStorage.setItem(KEY, JSON.stringify({ ...kept, refused: true }));
  }

  addEventListener("submit", (event) => {
    if (event.target.method === "post" && !refuses) keep(event.target);
  }, { capture: true });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect") === null && event.detail.requestConfig.verb === "post") forget();
  });

  // A script met the sign-in in place of its response. It keeps the form, if it has one.
  document.addEventListener("signed-out", (event) => {
    if (event.target.matches?.("form")) keep(event.target);
    const link = Object.assign(document.createElement("a"), { href: signInAddress(), textContent: "Sign in" });
    if (event.target === document) say("You were signed out. ", link);
    else location.assign(link.href);
  });

  function signInAddress() {
    return `/sign-in/?${new URLSearchParams({ next: here(), ended: "1" })}`;
  }
})();
