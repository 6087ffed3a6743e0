// On every page: times in the reader's time zone, dialogs, menus, copy buttons. Pages are readable without it.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // English as the texts are, with the numbers of the server: 1,234 beside "29. Nov." would read as 1.234.
  const LOCALE = "en-GB";
  const day = { day: "numeric", month: "short", year: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit" };
  const forms = {
    both: new Intl.DateTimeFormat(LOCALE, { ...day, ...clock }),
    date: new Intl.DateTimeFormat(LOCALE, day),
    time: new Intl.DateTimeFormat(LOCALE, clock),
    seconds: new Intl.DateTimeFormat(LOCALE, { ...day, ...clock, second: "2-digit" }),
  };
  const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  function ago(at) {
    const seconds = (at - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
    return relative.format(Math.round(seconds / length), unit);
  }

  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime][data-form]")) {
      const at = new Date(time.dateTime);
      time.textContent = time.dataset.form === "ago" ? ago(at) : forms[time.dataset.form].format(at);
      time.title = `${forms.seconds.format(at)} (${zone}), ${at.toISOString().replace("T", " ").slice(0, 19)} UTC`;
    }
    for (const place of root.querySelectorAll("[data-zone]")) place.textContent = zone;
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.opens).showModal();
    }
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
    const copier = event.target.closest("[data-copies]");
    if (copier) copy(copier);
  });

  // A menu closes when something else, or one of its links, is clicked, and with Escape.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest(".menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  async function copy(button) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    // A second click within these seconds must not take "Copied" for the label.
    button.dataset.label ??= button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = button.dataset.label; }, 3000);
  }

  // Double clicks send a form once.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[method=post]:not([hx-post])") && !event.defaultPrevented) {
      for (const button of event.target.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
    }
  });
  // A page from the back-forward cache has its buttons disabled and may be out of date.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // A response without a notice of its own, such as an error page of a proxy, or no response at all.
  function showUnreachable() {
    const notice = document.createElement("p");
    notice.className = "notice is-bad";
    notice.dataset.failure = "";
    notice.textContent = "Can't reach the server. Check your connection and try again.";
    document.getElementById("notices").replaceChildren(notice);
  }
  document.addEventListener("htmx:sendError", showUnreachable);
  document.addEventListener("htmx:responseError", (event) => {
    if (!event.detail.xhr.getResponseHeader("HX-Retarget")) showUnreachable();
  });

  // A failure is over once the server responds again.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) for (const notice of document.querySelectorAll("#notices [data-failure]")) notice.remove();
  });

  // A form with errors that is in a dialog.
  document.querySelector("dialog[data-open]")?.showModal();

  localise(document);
  setInterval(() => localise(document), 30000);
  document.addEventListener("htmx:load", (event) => localise(event.target));
})();
