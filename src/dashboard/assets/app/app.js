// What a page does beyond HTML: it shows local times, copies, and refreshes its live part while somebody looks.
const tags = new WeakMap();
const minute = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
/** A local time. It has the year unless that is this year, and seconds only where they matter. */
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

// A second click on a submit button within three seconds sends nothing.
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
  setTimeout(() => sent.delete(event.target), 3000);
});

const openDialog = () => document.querySelector(".ask:popover-open");

// The focus stays in an open dialog: Tab goes from its last control to its first, and back.
document.addEventListener("keydown", (event) => {
  const dialog = openDialog();
  if (event.key !== "Tab" || !dialog) return;
  const controls = [...dialog.querySelectorAll("a[href], button, input, select, textarea")].filter(
    (control) => !control.disabled && control.checkVisibility(),
  );
  const [first, last] = [controls[0], controls.at(-1)];
  const focused = document.activeElement;
  const isInside = controls.includes(focused);
  if (isInside && focused !== (event.shiftKey ? first : last)) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
});

// A live part of the page is asked for by the ETag of what it shows. On 304 it stays as it is.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches("[data-live]")) return;
  // A run that has ended does not change by itself: whoever retries it loads the page anew.
  if (document.hidden || ctx.sourceElement.dataset.live === "over") event.preventDefault();
  const tag = tags.get(ctx.sourceElement);
  if (tag) ctx.request.headers["If-None-Match"] = tag;
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const tag = ctx.response?.headers.get("ETag");
  if (tag) tags.set(ctx.sourceElement, tag);
});

// When the live part cannot be refreshed, the page says why, and how old it is.
let freshAt = Date.now();
function showStale(reason) {
  const stale = document.querySelector("#stale");
  const [why, age] = stale.children;
  if (why.textContent !== reason) why.textContent = reason;
  const seconds = Math.round((Date.now() - freshAt) / 1000);
  const ago = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
  age.textContent = `This page is as of ${format(new Date(freshAt), true)}, ${ago} ago.`;
  stale.hidden = false;
}
document.addEventListener("htmx:before:response", (event) => {
  const { status } = event.detail.ctx.response;
  if (status === 200 || status === 304) {
    freshAt = Date.now();
    document.querySelector("#stale").hidden = true;
  } else if (status === 401) {
    // The answer leads to the sign-in, and what is typed into a dialog would be lost.
    if (!openDialog()) return;
    event.preventDefault();
    showStale("Your session has ended. You can still send this form: you are asked to sign in, and it is kept.");
  } else {
    showStale("Not up to date: the service cannot answer at the moment. This page goes on trying.");
  }
});
document.addEventListener("htmx:error", () => {
  showStale("Not up to date: the service cannot be reached. This page goes on trying.");
});

// When a refresh takes away the dialog that had the focus, the focus goes to the content of the page.
let held = null;
document.addEventListener("htmx:before:swap", () => {
  held = openDialog();
});
document.addEventListener("htmx:after:swap", () => {
  if (held && !held.isConnected) document.querySelector("#main").focus();
  held = null;
});

// An observer is called before the browser paints, so nobody sees a time before it is local.
new MutationObserver(enhance).observe(document.body, { childList: true, characterData: true, subtree: true });
enhance();
