// Updates durations in the browser, without asking the service. An element with `data-now`, the service's clock when the
// element was made, is updated from that instant on. So it is right even when the browser's clock is wrong.
{
  const SIZES = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ];

  /** The two largest units, in whole seconds. The same format as `formatSeconds` on the server. */
  const format = (seconds) => {
    let rest = Math.max(0, Math.round(seconds));
    const first = Math.max(
      0,
      SIZES.findIndex(([, size]) => rest >= size),
    );
    const parts = [];
    for (const [unit, size] of rest === 0 ? [] : SIZES.slice(first, first + 2)) {
      const count = Math.floor(rest / size);
      rest -= count * size;
      if (count > 0) parts.push(`${count} ${unit}`);
    }
    return parts.join(" ") || "0 s";
  };

  // How far the service's clock is ahead of the browser's. Every answer comes late, by some time or other, so the largest difference is the
  // best, unless a clock was set.
  const SET_MS = 10_000;
  let aheadMs = Number.NaN;
  let newest = "";
  const nowOf = ({ dataset: { now } }) => {
    if (now > newest) {
      newest = now;
      const ahead = Date.parse(now) - Date.now();
      aheadMs = Math.abs(ahead - aheadMs) < SET_MS ? Math.max(ahead, aheadMs) : ahead;
    }
    return aheadMs + Date.now();
  };

  const show = (element) => {
    const now = nowOf(element);
    const { tick, at, from, width } = element.dataset;
    const secondsLeft = (Date.parse(at) - now) / 1000;
    if (tick === "left" || tick === "passed") {
      const text = format(tick === "left" ? secondsLeft : -secondsLeft);
      if (element.textContent !== text) element.textContent = text;
      return tick === "left" && secondsLeft <= 0;
    }
    const share = Math.min(1, Math.max(0, (now - Date.parse(from)) / (Date.parse(at) - Date.parse(from))));
    element.setAttribute("width", (width * share).toFixed(1));
    return false;
  };

  // When no time is left, the page requests its live part: at once, and then with growing pauses while nothing has changed.
  const FIRST_GAP_MS = 1_000;
  const LAST_GAP_MS = 30_000;
  let gapMs = FIRST_GAP_MS;
  let askAt = 0;

  const tick = () => {
    const isDue = [...document.querySelectorAll("[data-tick]")].filter(show).length > 0;
    if (!isDue) {
      gapMs = FIRST_GAP_MS;
      askAt = 0;
    } else if (Date.now() >= askAt) {
      askAt = Date.now() + gapMs;
      gapMs = Math.min(2 * gapMs, LAST_GAP_MS);
      document.dispatchEvent(new Event("due"));
    }
  };
  setInterval(tick, 1_000);

  // What a refresh brings is shown as of now, and not as of when it was made.
  document.addEventListener("htmx:before:swap", ({ detail }) => {
    for (const { fragment } of detail.tasks) fragment?.querySelectorAll("[data-tick]").forEach(show);
  });
}
