// Follows the log of a run, which is below the live part of its page. New lines are requested when `live.js` says that there may
// be some: after each event `log` of the page's stream, and after each request of the live part. Each answer also has the progress
// of the run. Nothing is requested while nothing happens.
{
  const RETRY_MS = 5_000;
  /** A line that has come before an earlier one is held back for 30 s. No event says when that time is over. */
  const HELD_MS = 31_000;

  const section = document.querySelector("#log[data-log]");
  const pre = section?.querySelector("pre");
  const search = section?.querySelector("input[type=search]");
  const count = section?.querySelector("output");

  /** The attempt whose log is shown, and the number of its last entry. */
  let attempt = null;
  let after = null;
  let text = "";
  let isComplete = false;
  let isAsking = false;
  let asksAgain = false;
  /** True when the runner has logged something, or reported progress, since the last request. */
  let hasNews = false;
  let timer;

  const progress = () => document.querySelector("#progress");

  function showProgress(known) {
    const card = progress();
    if (!card || !known) return;
    card.hidden = false;
    const bar = card.querySelector("progress");
    if (known.percent === null) bar.removeAttribute("value");
    else bar.value = known.percent;
    card.querySelector(".progress-percent").textContent = known.percent === null ? "" : `${known.percent} %`;
    card.querySelector(".progress-message").textContent = known.message ?? "";
  }

  /**
   * Shows all lines, or those that contain the searched words. It stays at the end of the log if the reader has scrolled there.
   */
  function render() {
    const isAtEnd = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 8;
    const words = search.value.trim().toLowerCase();
    const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    const found = words === "" ? lines : lines.filter((line) => line.toLowerCase().includes(words));
    pre.textContent = found.join("\n");
    count.textContent = words === "" ? "" : `${found.length} of ${lines.length} lines`;
    pre.hidden = text === "";
    search.form.hidden = text === "";
    section.querySelector(".log-empty").hidden = text !== "";
    if (isAtEnd) pre.scrollTop = pre.scrollHeight;
  }

  /** A retry begins a new attempt, so its log is shown from the beginning. */
  function startOver(next) {
    [attempt, after, text, isComplete] = [next, null, "", false];
    render();
  }

  async function ask() {
    const url = new URL(section.dataset.log, location.href);
    if (attempt !== null) url.searchParams.set("attempt", attempt);
    if (after !== null) url.searchParams.set("after", after);
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!response.ok) return null;
    const page = await response.json();
    if (page.attempt !== attempt) attempt = page.attempt;
    after = page.after;
    isComplete = page.is_complete;
    showProgress(page.progress);
    if (page.text !== "") {
      text += page.text;
      render();
    }
    return page;
  }

  /**
   * Requests what is new, unless the log is complete. The log of a PENDING run has nothing new. It is requested at least once,
   * since the run may have ended long ago.
   */
  async function follow(event) {
    hasNews ||= event?.detail?.hasNews === true;
    asksAgain = isAsking;
    if (isAsking || document.hidden) return;
    const shown = Number(progress()?.dataset.attempt ?? 0);
    if (shown > (attempt ?? shown)) startOver(shown);
    if (attempt !== null && (isComplete || document.querySelector("#live .status.pending") !== null)) return;
    clearTimeout(timer);
    isAsking = true;
    const page = await ask().catch(() => null);
    isAsking = false;
    if (page === null) timer = setTimeout(follow, RETRY_MS);
    else if (page.has_more || asksAgain) return follow();
    else if (page.text === "" && hasNews && !isComplete) timer = setTimeout(follow, HELD_MS);
    hasNews = false;
  }

  if (section) {
    search.addEventListener("input", render);
    search.form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("log", follow);
    document.addEventListener("visibilitychange", follow);
    follow();
  }
}
