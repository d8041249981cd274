// What a page does beyond HTML: it shows local times, copies, and keeps the focus where it belongs. `live.js` keeps it up to date.
const minute = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
/** A local time. It has the year unless that is this year, and seconds and milliseconds only where they matter. */
const format = (at, withSeconds) =>
  new Intl.DateTimeFormat(undefined, {
    ...minute,
    ...(withSeconds && { second: "2-digit", fractionalSecondDigits: 3 }),
    ...(at.getFullYear() !== new Date().getFullYear() && { year: "numeric" }),
  }).format(at);
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function enhance() {
  for (const time of document.querySelectorAll("time[datetime]:not([data-ago])")) {
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
