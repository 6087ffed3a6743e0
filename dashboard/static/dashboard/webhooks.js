// On pages of webhooks: shows a secret only once, and handles times in the reader's time zone.
"use strict";

(() => {
  // Reloading the page with a secret would send its form again, so it gets the address of the webhook.
  const shownOnce = document.querySelector("[data-address]");
  if (shownOnce) history.replaceState(null, "", shownOnce.dataset.address);

  const local = (at) => new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

  for (const input of document.querySelectorAll("input[type=datetime-local]")) {
    if (input.dataset.utc) input.value = local(new Date(input.dataset.utc));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.form.addEventListener("formdata", (event) => {
      const at = new Date(input.value);
      if (!Number.isNaN(at.getTime())) event.formData.set(input.name, at.toISOString());
    });
  }
})();
