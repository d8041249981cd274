// Updates relative times, shows the minutes in forms in the reader's time zone, and shows search results while somebody types.
// Without this script, the forms and links do the same with page loads.
{
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
  const SIZES = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
  ];

  /** The same format as `formatAgo` on the server. */
  function formatAgo(seconds) {
    if (seconds < 60) return "just now";
    const [unit, size] = SIZES.find(([, size]) => seconds >= size);
    return `${Math.floor(seconds / size)} ${unit} ago`;
  }

  /** For each element, when it received its `data-ago` (in seconds). A refresh of the page sets a newer value. */
  const seen = new WeakMap();

  function showTimes() {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const { ago } = time.dataset;
      if (seen.get(time)?.ago !== ago) seen.set(time, { ago, at: Date.now() });
      const text = formatAgo(Number(ago) + (Date.now() - seen.get(time).at) / 1000);
      if (time.textContent !== text) time.textContent = text;
      const local = exact.format(new Date(time.dateTime));
      if (time.dataset.exact !== local) time.dataset.exact = local;
    }
  }

  // Forms have and send minutes in UTC, such as those of a time range. In their fields, they are in the reader's time zone.
  const pad = (number, length = 2) => String(number).padStart(length, "0");
  const minuteOf = (at, get) =>
    `${pad(at[`${get}FullYear`](), 4)}-${pad(at[`${get}Month`]() + 1)}-${pad(at[`${get}Date`]())}T${pad(at[`${get}Hours`]())}:${pad(at[`${get}Minutes`]())}`;
  const shown = new WeakMap();
  for (const field of document.querySelectorAll("input[data-utc]")) {
    if (!field.value) continue;
    field.value = minuteOf(new Date(`${field.value}Z`), "get");
    shown.set(field, field.value);
  }
  for (const label of document.querySelectorAll("[data-zone]"))
    label.textContent = label.textContent.replace(" (UTC)", "");

  document.addEventListener("formdata", (event) => {
    const form = event.target;
    for (const field of form.querySelectorAll("input[data-utc]")) {
      // What nobody has changed is sent as it was: with its seconds, and of an hour that the clock repeats the right one.
      const sent = () =>
        field.value === shown.get(field) ? field.defaultValue : minuteOf(new Date(field.value), "getUTC");
      if (field.value) event.formData.set(field.name, sent());
    }
    if (form.method !== "get") return;
    if (event.formData.get("from") || event.formData.get("to")) event.formData.delete("range");
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  document.addEventListener("htmx:after:swap", showTimes);

  // Results of the search are shown while somebody types. Enter opens the first result.
  const search = document.querySelector(".search");
  const field = search?.querySelector("input");
  const panel = search?.querySelector("[popover]");
  let asked = "";
  let answering = Promise.resolve();

  async function ask() {
    const text = field.value.trim();
    if (text === asked) return;
    asked = text;
    if (text.length < 2) {
      panel.hidePopover();
      return;
    }
    const response = await fetch(`${search.action}?q=${encodeURIComponent(text)}`, {
      headers: { "HX-Request": "true" },
    });
    if (text !== asked || !response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answers = page.querySelector("#answers");
    if (text !== asked || !answers) return;
    answers.removeAttribute("id");
    answers.querySelector("a")?.setAttribute("data-first", "");
    panel.replaceChildren(answers);
    place();
    panel.showPopover();
    showTimes();
  }

  // Below the field, also when a phone is turned.
  function place() {
    const { left, bottom } = field.getBoundingClientRect();
    panel.style.left = `${Math.max(8, Math.min(left, innerWidth - 552)) + scrollX}px`;
    panel.style.top = `${bottom + 4 + scrollY}px`;
  }

  function close() {
    asked = "";
    panel.hidePopover();
  }

  let timer;
  const askSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      answering = ask();
    }, 120);
  };
  field?.addEventListener("input", askSoon);
  if (field) addEventListener("resize", place);
  // The results are closed by Escape, and when the focus moves elsewhere.
  search?.addEventListener("focusout", ({ relatedTarget }) => {
    if (!search.contains(relatedTarget)) close();
  });
  field?.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" && panel.matches(":popover-open")) {
      event.preventDefault();
      panel.querySelector("a")?.focus();
    }
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    clearTimeout(timer);
    await answering.catch(() => {});
    await ask().catch(() => {});
    const first = asked === field.value.trim() && panel.matches(":popover-open") && panel.querySelector("a");
    if (first) location.assign(first.href);
    else search.submit();
  });
  search?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.matches(":popover-open")) return;
    event.preventDefault();
    field.focus();
    close();
  });
  panel?.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const links = [...panel.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    (next ?? field).focus();
  });
  setInterval(showTimes, 5_000);
  showTimes();
}
