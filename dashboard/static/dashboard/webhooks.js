// Of the pages of webhooks: a secret is shown once, and times are filled in in the reader's zone.
"use strict";

(() => {
  // The page that shows a secret answered a form. Reloaded, the form would be sent again; so it gets another address.
  const shownOnce = document.querySelector("[data-address]");
  if (shownOnce) history.replaceState(null, "", shownOnce.dataset.address);

  const local = (at) => new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

  for (const input of document.querySelectorAll("input[type=datetime-local]")) {
    if (input.dataset.utc) input.value = local(new Date(input.dataset.utc));
    input.form.addEventListener("formdata", (event) => {
      const at = new Date(input.value);
      if (!Number.isNaN(at.getTime())) event.formData.set(input.name, at.toISOString());
    });
  }
})();
