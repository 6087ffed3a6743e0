// Keeps running imports and undos up to date by server-sent events, which reconnect automatically. When an import enters a
// new phase or ends, its page is fetched again and the part #job replaced. The overview replaces #running when an import ends, and
// polls it while none runs. Without this script, reloading the page shows the same.
"use strict";

(() => {
  const WATCHED_MAX = 3;
  // A browser opens at most six connections to a host, for all its tabs together.
  const STREAMS = ["stream-1", "stream-2", "stream-3"];
  const ASK_MS = 3000;
  const POLL_MS = 10000;
  // Spreads the requests of many open overviews.
  const JITTER_MS = 2000;
  const watched = new Map();
  const spoken = new Map();
  const part = document.getElementById("job") ? "#job" : "#running";
  const from = document.querySelector(part).dataset.from || location.href;
  const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const grouped = (number) => number.toLocaleString("en");

  // At most two units, as duration of dashboard.templatetags.console.
  function duration(seconds) {
    const parts = [];
    let left = seconds;
    for (const [length, unit] of UNITS) {
      if (left >= length) parts.push(`${Math.floor(left / length)} ${unit}`);
      left %= length;
    }
    return parts.slice(0, 2).join(" ") || "0 s";
  }

  // As written_so_far of dashboard.templatetags.imports.
  function writtenSoFar(products) {
    if (!products) return "Nothing has been imported yet.";
    const [noun, are] = products === 1 ? ["product has", "is"] : ["products have", "are"];
    return `${grouped(products)} ${noun} been imported so far and ${are} kept. You can undo this afterwards.`;
  }

  // An undo has a status and a progress of its own.
  const running = (job) => job.undo || job;
  const phaseOf = (job) => job.undo ? `undo ${job.undo.status}` : job.phase;
  const isWorking = (job) => ["pending", "processing"].includes(running(job).status);

  function show(place, job) {
    const written = job.created_count + job.updated_count + job.deactivated_count;
    const rows = ["staging", "classifying"].includes(job.phase) ? `${grouped(job.total_rows)} read`
      : job.total_rows ? `${grouped(job.processed_rows)} of ${grouped(job.total_rows)} done` : "0";
    const facts = {
      percent: `${running(job).progress}%`,
      rows,
      rate: `${grouped(job.rows_per_second)} rows/s`,
      left: job.eta_seconds === null ? "–" : duration(job.eta_seconds),
      written: writtenSoFar(written),
      products: `${grouped(job.reverted_count + job.kept_count)} of ${grouped(written)} done`,
      kept: grouped(job.kept_count),
    };
    for (const [name, text] of Object.entries(facts)) {
      const fact = (place.closest("#job") || place).querySelector(`[data-fact="${name}"]`);
      if (fact) fact.textContent = text;
    }
    place.querySelector('[data-fact="progress"]').value = running(job).progress;
    speak(job);
  }

  // Screen readers announce every quarter, not every event.
  function speak(job) {
    const { progress } = running(job);
    const quarter = Math.floor(progress / 25);
    if (spoken.get(job.job_id) === quarter) return;
    spoken.set(job.job_id, quarter);
    const voice = document.getElementById("spoken");
    if (voice) voice.textContent = `${job.filename}: ${progress}%`;
  }

  async function refresh() {
    try {
      const response = await fetch(from, { headers: { Accept: "text/html" } });
      if (response.redirected) return document.dispatchEvent(new CustomEvent("signed-out"));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector(part);
      if (!response.ok || !fresh) throw new Error(`No ${part} in a response ${response.status}`);
      put(fresh);
    } catch {
      // The server is restarting.
      setTimeout(refresh, POLL_MS);
    }
  }

  // Keeps the keyboard focus, and a dialog that is open.
  function put(fresh) {
    const focused = document.activeElement?.id;
    const open = document.querySelector("dialog[open]")?.id;
    document.querySelector(part).replaceWith(fresh);
    if (open) document.getElementById(open)?.showModal();
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
    htmx.process(fresh);
    fresh.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  }

  function watch(place) {
    const id = place.dataset.job;
    if (watched.has(id) || watched.size >= WATCHED_MAX) return;
    watched.set(id, { phase: place.dataset.phase });
    follow(id);
  }

  // By a stream if one is free, otherwise by asking now and then.
  async function follow(id) {
    const release = await takeStream();
    if (release) stream(id, release);
    else setTimeout(poll, ASK_MS + JITTER_MS * Math.random(), id);
  }

  // Resolves to a function that gives the stream back, or to null. The tabs of a browser share its connections, so they
  // share these locks; a closed tab gives its own back. Without HTTPS there are no locks.
  async function takeStream() {
    for (const name of navigator.locks ? STREAMS : []) {
      const release = await new Promise((resolve) => {
        navigator.locks.request(name, { ifAvailable: true }, (lock) => lock ? new Promise(resolve) : resolve(null));
      });
      if (release) return release;
    }
    return null;
  }

  function stream(id, release) {
    const events = new EventSource(`/api/jobs/${id}/events`);
    const close = () => {
      events.close();
      release();
    };
    watched.get(id).close = close;
    events.addEventListener("progress", (event) => progressed(id, JSON.parse(event.data)));
    for (const name of ["final", "ready"]) {
      events.addEventListener(name, (event) => {
        close();
        ended(id, JSON.parse(event.data));
      });
    }
    // Too many streams are open, or the user has signed out: the browser does not reconnect.
    events.addEventListener("error", () => {
      if (events.readyState !== EventSource.CLOSED) return;
      close();
      watched.delete(id);
      setTimeout(refresh, POLL_MS);
    });
  }

  async function poll(id) {
    try {
      const response = await fetch(`/api/jobs/${id}`);
      if (!response.ok) throw new Error(`The job has the status ${response.status}`);
      const job = await response.json();
      if (!isWorking(job)) return ended(id, job);
      progressed(id, job);
    } catch {
      watched.delete(id);
      return setTimeout(refresh, POLL_MS);
    }
    follow(id);
  }

  function progressed(id, job) {
    const now = document.querySelector(`[data-job="${id}"]`);
    if (now) show(now, job);
    const known = watched.get(id);
    if (!known || phaseOf(job) === known.phase) return;
    known.phase = phaseOf(job);
    if (part === "#job") refresh();
  }

  function ended(id, job) {
    watched.delete(id);
    const now = document.querySelector(`[data-job="${id}"]`);
    if (now) show(now, job);
    const voice = document.getElementById("spoken");
    if (voice) voice.textContent = `${job.filename}: ${job.undo ? phaseOf(job) : job.status}`;
    setTimeout(refresh, part === "#job" ? 0 : JITTER_MS * Math.random());
  }

  function watchAll() {
    for (const place of document.querySelectorAll("[data-job]")) watch(place);
  }

  watchAll();
  document.addEventListener("htmx:load", watchAll);
  addEventListener("pagehide", () => watched.forEach((known) => known.close?.()));
  // Shows imports that others start.
  if (part === "#running") {
    setInterval(() => { if (!document.hidden && !watched.size) refresh(); }, POLL_MS);
  }
})();
