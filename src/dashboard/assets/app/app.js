// What the pages do beyond HTML: local times, copying, and asking for live parts again while somebody looks.
const tags = new WeakMap();
const minute = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
/** As short as it is clear: the year of what was not this year, and seconds where they matter. */
const format = (at, withSeconds) =>
  new Intl.DateTimeFormat(undefined, {
    ...minute,
    ...(withSeconds && { second: "2-digit" }),
    ...(at.getFullYear() !== new Date().getFullYear() && { year: "numeric" }),
  }).format(at);
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function enhance() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const text = format(at, time.dataset.seconds === "true");
    if (time.textContent === text) continue;
    time.textContent = text;
    time.title = `${exact.format(at)}\n${time.dateTime}`;
  }
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1200);
});

// To click twice is to mean it once.
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
  setTimeout(() => sent.delete(event.target), 3000);
});

// A live part is asked for by the ETag of what it shows; on 304 it stays as it is.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches("[data-live]")) return;
  if (document.hidden) event.preventDefault();
  const tag = tags.get(ctx.sourceElement);
  if (tag) ctx.request.headers["If-None-Match"] = tag;
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const tag = ctx.response?.headers.get("ETag");
  if (tag) tags.set(ctx.sourceElement, tag);
});
// What an observer does is done before it can be seen.
new MutationObserver(enhance).observe(document.body, { childList: true, characterData: true, subtree: true });
enhance();
