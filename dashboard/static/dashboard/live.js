// Imports under way: their bars and figures are kept up to date by server-sent events, which reconnect by themselves.
// A new phase of an import, or its end, is shown by asking for its page again and taking its part, #job. The overview
// has #running, which comes by itself: when an import ends, and every few seconds while none runs. Without this script,
// reloading the page shows the same.
"use strict";

(() => {
  const WATCHED_AT_ONCE = 3; // A browser has six connections for a host.
  const LOOK_AGAIN_MS = 10000;
  // Of many open overviews, not all ask in one moment.
  const SPREAD_MS = 2000;
  const streams = new Map();
  const spoken = new Map();
  const part = document.getElementById("job") ? "#job" : "#running";
  const from = document.querySelector(part).dataset.from || location.href;
  const grouped = (number) => number.toLocaleString("en");

  function duration(seconds) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  }

  function show(place, job) {
    const rows = job.phase === "staging" ? `${grouped(job.total_rows)} read`
      : job.total_rows ? `${grouped(job.processed_rows)} of ${grouped(job.total_rows)}` : "0";
    const facts = {
      percent: `${job.progress}%`,
      rows,
      rate: `${grouped(job.rows_per_second)} rows/s`,
      left: job.eta_seconds === null ? "–" : duration(job.eta_seconds),
    };
    for (const [name, text] of Object.entries(facts)) {
      const fact = place.querySelector(`[data-fact="${name}"]`);
      if (fact) fact.textContent = text;
    }
    place.querySelector('[data-fact="progress"]').value = job.progress;
    speak(job);
  }

  // A screen reader hears of every quarter, not of every event.
  function speak(job) {
    const quarter = Math.floor(job.progress / 25);
    if (spoken.get(job.job_id) === quarter) return;
    spoken.set(job.job_id, quarter);
    const voice = document.getElementById("spoken");
    if (voice) voice.textContent = `${job.filename}: ${job.progress}%`;
  }

  async function refresh() {
    try {
      const answer = await fetch(from, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(part);
      if (!answer.ok || !fresh) throw new Error(`No ${part} in an answer ${answer.status}`);
      put(fresh);
    } catch {
      // The server is being started again, or somebody signed out.
      setTimeout(refresh, LOOK_AGAIN_MS);
    }
  }

  // Whoever is at a button stays there.
  function put(fresh) {
    const focused = document.activeElement?.id;
    document.querySelector(part).replaceWith(fresh);
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
    htmx.process(fresh);
    fresh.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  }

  function watch(place) {
    const id = place.dataset.job;
    if (streams.has(id) || streams.size >= WATCHED_AT_ONCE) return;
    const stream = new EventSource(`/api/jobs/${id}/events`);
    let phase = place.dataset.phase;
    streams.set(id, stream);
    stream.addEventListener("progress", (event) => {
      const job = JSON.parse(event.data);
      const now = document.querySelector(`[data-job="${id}"]`);
      if (now) show(now, job);
      if (job.phase !== phase) {
        phase = job.phase;
        if (part === "#job") refresh();
      }
    });
    const ended = (event) => {
      stream.close();
      streams.delete(id);
      const job = JSON.parse(event.data);
      const now = document.querySelector(`[data-job="${id}"]`);
      if (now) show(now, job);
      const voice = document.getElementById("spoken");
      if (voice) voice.textContent = `${job.filename}: ${job.status}`;
      setTimeout(refresh, part === "#job" ? 0 : SPREAD_MS * Math.random());
    };
    stream.addEventListener("final", ended);
    stream.addEventListener("ready", ended);
    // Too many watch, or somebody signed out: the browser does not try again by itself then.
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) {
        streams.delete(id);
        setTimeout(refresh, LOOK_AGAIN_MS);
      }
    });
  }

  function watchAll() {
    for (const place of document.querySelectorAll("[data-job]")) watch(place);
  }

  watchAll();
  document.addEventListener("htmx:load", watchAll);
  addEventListener("pagehide", () => streams.forEach((stream) => stream.close()));
  // An import that somebody else starts.
  if (part === "#running") {
    setInterval(() => { if (!document.hidden && !streams.size) refresh(); }, LOOK_AGAIN_MS);
  }
})();
