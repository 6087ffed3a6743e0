// On every page: times in the reader's time zone, dialogs, menus, copy buttons. Pages are readable without it.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // English as the texts are, and as `moment` of dashboard.templatetags.console writes them for pages without scripts: the
  // browser's own language would mix "29. Nov." with 1,234, and its English has months such as Sept.
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (number) => String(number).padStart(2, "0");
  const date = (at) => `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
  const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;
  const forms = {
    ago,
    date,
    time: clock,
    both: (at) => `${date(at)}, ${clock(at)}`,
    seconds: (at) => `${date(at)}, ${clock(at)}:${two(at.getSeconds())}`,
  };
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  function ago(at) {
    const seconds = (at - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
    return relative.format(Math.round(seconds / length), unit);
  }

  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime][data-form]")) {
      const at = new Date(time.dateTime);
      time.textContent = forms[time.dataset.form](at);
      time.title = `${forms.seconds(at)} (${zone}), ${at.toISOString().replace("T", " ").slice(0, 19)} UTC`;
    }
    // Tooltips of charts, which can have no elements.
    for (const title of root.querySelectorAll("title[data-at]")) {
      title.textContent = `${forms.both(new Date(title.dataset.at))}: ${title.dataset.values}`;
    }
    // The browser shows the input in its own language.
    for (const input of root.querySelectorAll("input[data-echo]")) echo(input);
    for (const place of root.querySelectorAll("[data-zone]")) place.textContent = zone;
  }

  function echo(input) {
    const at = new Date(input.value);
    document.getElementById(input.dataset.echo).textContent = Number.isNaN(at.getTime()) ? "" : `: ${forms.both(at)}`;
  }
  document.addEventListener("input", (event) => { if (event.target.dataset.echo) echo(event.target); });

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
