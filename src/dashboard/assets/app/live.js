// Keeps the live part of a page, `#live`, up to date, and tells `log.js` when there may be new lines of the log. Its `data-live` names
// the stream to listen to; it is empty when nothing will change any more. Messages of the stream have no content: after each one, the
// page requests the live part again, with the ETag of what it shows.
{
  /** How often the live part is requested at least when there is no stream. */
  const POLL_MS = 30_000;
  /** How long to wait after the first failed request. The time is doubled after each further one, up to a minute. */
  const FIRST_RETRY_MS = 2_000;
  const LONGEST_RETRY_MS = 60_000;

  const live = () => document.querySelector("#live");
  const tags = new WeakMap();

  let source = null;
  let isFirstStream = true;
  /** The stream that the page needs; null when it needs none, or when it is in the background. */
  let wanted = null;
  /** "live", "connecting", "reconnecting" or "polling". */
  let state = "connecting";
  /** Why the last request failed, as a sentence. */
  let failure = null;
  let retryMs = FIRST_RETRY_MS;
  /** When it may be requested again at the earliest: an answer asked for that by `Retry-After`. */
  let notBefore = 0;
  let freshAt = Date.now();
  /** The request that is under way for the live part: its own, or that of a link to the list as it is now. */
  let asking = null;
  /** True when something has changed since that request was sent. */
  let asksAgain = false;
  /** True when the browser is about to load another page. A sign-out ends the stream before that page is there. */
  let isLeaving = false;
  let timer;

  function refresh() {
    // While the service refuses, a change is no reason to ask: `plan` has set the time for that.
    if (!live() || wanted === null || isLeaving || Date.now() < notBefore) return;
    asksAgain = asking !== null;
    if (!asksAgain) live().dispatchEvent(new Event("refresh"));
  }

  /**
   * A random time from the half of `ms` to `ms`. When the service was away, all pages lost it at the same moment, and they must not
   * all come back at the same moment. For the stream, the service names such a time (`retry:`), and the browser waits for it.
   */
  const someTime = (ms) => ms * (1 - Math.random() / 2);

  /** Plans the next request when there is no stream that tells when to send one. */
  function plan() {
    clearTimeout(timer);
    if (wanted === null || (failure === null && state !== "polling")) return;
    timer = setTimeout(
      () => {
        if (state === "polling") connect();
        refresh();
      },
      failure === null ? someTime(POLL_MS) : Math.max(notBefore - Date.now(), 0) + someTime(retryMs),
    );
  }

  /**
   * The URL of the stream, with a name for this page and the name of the page before it in this tab. The service ends the
   * stream of the page before: it may not have noticed yet that the browser left that page, and a user may have only 20
   * streams. The first stream also says when the service began to answer the page, by the service's clock: the service tells what has
   * changed since, however long the stream is on its way. At a later stream, the page is requested again.
   */
  function nameStream() {
    const url = new URL(wanted, location.href);
    const [{ serverTiming = [] } = {}] = performance.getEntriesByType("navigation");
    const began = serverTiming.find(({ name }) => name === "began");
    if (isFirstStream && began) url.searchParams.set("since", began.description);
    isFirstStream = false;
    url.searchParams.set("page", crypto.randomUUID());
    const left = sessionStorage.getItem("page");
    if (left !== null) url.searchParams.set("left", left);
    sessionStorage.setItem("page", url.searchParams.get("page"));
    return url;
  }

  function connect() {
    source?.close();
    source = "EventSource" in window ? new EventSource(nameStream()) : null;
    if (source === null) {
      state = "polling";
      plan();
      return;
    }
    const ours = source;
    ours.addEventListener("message", () => {
      if (ours !== source) return;
      state = "live";
      refresh();
      say();
    });
    ours.addEventListener("begun", () => {
      if (ours !== source) return;
      state = "live";
      document.dispatchEvent(new CustomEvent("log", { detail: { hasNews: false } }));
      say();
    });
    ours.addEventListener("log", () => {
      if (ours === source) document.dispatchEvent(new CustomEvent("log", { detail: { hasNews: true } }));
    });
    ours.addEventListener("error", () => {
      if (ours !== source) return;
      // The browser reconnects by itself, unless the service refused the stream.
      state = ours.readyState === EventSource.CLOSED ? "polling" : "reconnecting";
      // The service may refuse because the session has ended, or because it is unavailable. A normal request shows which of the
      // two it is.
      if (state === "polling" && failure === null) refresh();
      plan();
      say();
    });
  }

  /** Opens, replaces or closes the stream, as the page needs now. A page in the background has no stream. */
  function follow() {
    const next = (!document.hidden && live()?.dataset.live) || null;
    if (next !== wanted) {
      wanted = next;
      source?.close();
      source = null;
      clearTimeout(timer);
      state = "connecting";
      if (wanted !== null) connect();
    }
    say();
  }

  const STATES = {
    connecting: "Connecting …",
    live: "Live.",
    reconnecting: "Reconnecting …",
    polling: `Not live: it is asked for at least every ${POLL_MS / 1000} s.`,
  };

  /** Shows how up to date the page is. Screen readers announce the state only, and not each second that passes. */
  function say() {
    const line = document.querySelector("#freshness");
    if (!line) return;
    const [words, age] = line.children;
    const text = failure ?? STATES[state];
    if (words.textContent !== text) words.textContent = text;
    const seconds = Math.round((Date.now() - freshAt) / 1000);
    age.textContent = `Last updated ${seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`} ago.`;
    line.dataset.state = failure === null ? state : "failing";
    line.hidden = failure === null && wanted === null;
  }

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!ctx.sourceElement.matches("#live, [hx-target='#live']")) return;
    // The request of a link takes the place of one that is under way.
    asking = ctx;
    asksAgain = false;
    const tag = ctx.sourceElement === live() && tags.get(live());
    if (tag) ctx.request.headers["If-None-Match"] = tag;
  });

  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (ctx !== asking) return;
    const { status, headers } = ctx.response;
    notBefore = Date.now() + Math.min(1_000 * (Number(headers.get("Retry-After")) || 0), LONGEST_RETRY_MS);
    if (status === 200 || status === 304) {
      freshAt = Date.now();
      failure = null;
      retryMs = FIRST_RETRY_MS;
      if (status === 200) tags.set(live(), headers.get("ETag"));
    } else if (isLeaving) {
      event.preventDefault();
    } else if (status === 401) {
      // Following this redirect to the sign-in page would lose what was typed into an open dialog.
      if (!document.querySelector(".ask:popover-open")) return;
      event.preventDefault();
      fail("Your session has ended. You can still send this form: you are asked to sign in, and it is kept.");
    } else if (status === 404) {
      fail("This is no longer here: it was deleted, or you may not see it any more.");
      live().dataset.live = "";
    } else {
      fail("Not up to date: the service cannot answer at the moment. This page goes on trying.");
    }
  });
  document.addEventListener("htmx:error", () => {
    fail("Not up to date: the service cannot be reached. This page goes on trying.");
  });

  function fail(reason) {
    if (failure !== null) retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
    failure = reason;
  }

  // This event also follows an error. The refreshed part may name another stream, or none.
  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx !== asking) return;
    asking = null;
    follow();
    plan();
    document.dispatchEvent(new CustomEvent("log", { detail: { hasNews: false } }));
    if (asksAgain) refresh();
  });

  addEventListener("beforeunload", () => {
    isLeaving = true;
    // The page stays when what it loads is a file to be saved.
    setTimeout(() => {
      isLeaving = false;
    }, FIRST_RETRY_MS);
  });
  document.addEventListener("visibilitychange", follow);
  document.addEventListener("due", refresh);
  setInterval(say, 1_000);
  follow();
}
