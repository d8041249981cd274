// The live part of a page, `#live`, follows what changes. `data-live` names the stream that it listens to, or nothing when
// nothing will change any more. A message of the stream has no content: the part is then asked for, by the ETag of what it shows.
{
  /** Where the stream can't be had, the part is asked for so often. */
  const POLL_MS = 30_000;
  /** When the service can't answer: at first, and doubled up to `POLL_MS`. */
  const FIRST_RETRY_MS = 2_000;

  const live = () => document.querySelector("#live");
  const tags = new WeakMap();

  let source = null;
  /** The stream that the page wants to listen to; null when it wants none, or is not looked at. */
  let wanted = null;
  /** "live", "connecting", "reconnecting" or "polling". */
  let state = "connecting";
  /** Why the last request has failed, in a sentence. */
  let failure = null;
  let retryMs = FIRST_RETRY_MS;
  let freshAt = Date.now();
  let isAsking = false;
  let asksAgain = false;
  let timer;

  function refresh() {
    if (!live() || wanted === null) return;
    asksAgain = isAsking;
    if (!isAsking) live().dispatchEvent(new Event("refresh"));
  }

  /** Asks again by itself where no stream tells when to. */
  function plan() {
    clearTimeout(timer);
    if (wanted === null || (failure === null && state !== "polling")) return;
    timer = setTimeout(
      () => {
        if (state === "polling") connect();
        refresh();
      },
      failure === null ? POLL_MS : retryMs,
    );
  }

  /**
   * The stream's address, with a name for this page and that of the page before it in this tab: the service may not have noticed
   * that the browser has left that one, and a person may have 20 streams.
   */
  function nameStream() {
    const url = new URL(wanted, location.href);
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
    ours.addEventListener("error", () => {
      if (ours !== source) return;
      // The browser connects again by itself, unless the service has refused.
      state = ours.readyState === EventSource.CLOSED ? "polling" : "reconnecting";
      // A refusal may mean that the session has ended, or that the service can't answer: the request says which.
      if (state === "polling" && failure === null) refresh();
      plan();
      say();
    });
  }

  /** Opens, changes or closes the stream, as the page needs it now. A page that nobody looks at has none. */
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
    polling: `Not live: it is asked for every ${POLL_MS / 1000} s.`,
  };

  /** Says how up to date the page is. Only the words are announced to who can't see them, and not each second. */
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
    if (ctx.sourceElement !== live()) return;
    isAsking = true;
    const tag = tags.get(live());
    if (tag) ctx.request.headers["If-None-Match"] = tag;
  });

  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement !== live()) return;
    const { status, headers } = ctx.response;
    if (status === 200 || status === 304) {
      freshAt = Date.now();
      failure = null;
      retryMs = FIRST_RETRY_MS;
      if (status === 200) tags.set(live(), headers.get("ETag"));
    } else if (status === 401) {
      // The answer leads to the sign-in, and what is typed into a dialog would be lost.
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
    if (failure !== null) retryMs = Math.min(2 * retryMs, POLL_MS);
    failure = reason;
  }

  // Also after an error. The refreshed part may name another stream, or none.
  document.addEventListener("htmx:finally:request", (event) => {
    if (!isAsking || !event.detail.ctx.sourceElement.matches("#live")) return;
    isAsking = false;
    follow();
    plan();
    if (asksAgain) refresh();
  });

  document.addEventListener("visibilitychange", follow);
  document.addEventListener("due", refresh);
  setInterval(say, 1_000);
  follow();
}
