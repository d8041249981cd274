// Follows the log of a run, which is below the live part of its page. While the run is RUNNING, new entries are requested: soon
// after some have arrived, and less often while none arrive. Each answer also has the progress of the run.
{
  const LEAST_MS = 1_000;
  const MOST_MS = 5_000;

  const section = document.querySelector("#log[data-log]");
  const pre = section?.querySelector("pre");
  const search = section?.querySelector("input[type=search]");
  const count = section?.querySelector("output");

  /** The attempt whose log is shown, and the number of its last entry. */
  let attempt = null;
  let after = null;
  let text = "";
  let isComplete = false;
  let pauseMs = LEAST_MS;

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
    if (!response.ok) return MOST_MS;
    const page = await response.json();
    if (page.attempt !== attempt) attempt = page.attempt;
    after = page.after;
    isComplete = page.is_complete;
    showProgress(page.progress);
    if (page.text !== "") {
      text += page.text;
      render();
    }
    if (page.has_more) return 0;
    return page.text === "" ? Math.min(pauseMs * 2, MOST_MS) : LEAST_MS;
  }

  async function follow() {
    const shown = Number(progress()?.dataset.attempt ?? 0);
    if (shown > (attempt ?? shown)) startOver(shown);
    // The log is requested until it is complete, and not while the run is PENDING. It is requested at least once, since the run
    // may have ended long ago.
    const isWanted = attempt === null || (!isComplete && document.querySelector("#live .status.pending") === null);
    if (isWanted && !document.hidden) pauseMs = await ask().catch(() => MOST_MS);
    setTimeout(follow, pauseMs);
  }

  if (section) {
    search.addEventListener("input", render);
    search.form.addEventListener("submit", (event) => event.preventDefault());
    follow();
  }
}
