// What every page does beyond plain HTML: it shows local times, copies texts, and keeps the focus in place. `live.js` keeps the
// page up to date.
const minute = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
/** What is shown of an instant in a chart. */
const PARTS = {
  clock: { hour: "2-digit", minute: "2-digit" },
  weekday: { weekday: "short", hour: "2-digit", minute: "2-digit" },
  day: { month: "short", day: "numeric", timeZone: "UTC" },
};
/**
 * Formats an instant in local time. The year is left out when it is the current one; seconds and milliseconds are shown only on
 * request.
 */
const format = (at, { seconds, parts }) =>
  new Intl.DateTimeFormat(undefined, {
    ...(PARTS[parts] ?? minute),
    ...(seconds === "true" && { second: "2-digit", fractionalSecondDigits: 3 }),
    ...(!parts && at.getFullYear() !== new Date().getFullYear() && { year: "numeric" }),
  }).format(at);
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function enhance() {
  for (const time of document.querySelectorAll("time[datetime]:not([data-ago])")) {
    const at = new Date(time.dateTime);
    const text = format(at, time.dataset);
    time.dataset.local = "";
    if (time.textContent === text) continue;
    time.textContent = text;
    time.title = `${exact.format(at)}\n${time.dateTime}`;
  }
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  // Without a text of its own, a button copies the block beside it.
  await navigator.clipboard.writeText(button.dataset.copy || button.nextElementSibling.textContent);
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1200);
});

// A second click on a submit button within three seconds is ignored, so that a double click does not send a form twice.
const sent = new WeakSet();
const everSent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
  everSent.add(event.target);
  // What has no id, as after Back, gets one, so that a reload of the answer sends the same again.
  event.target.querySelectorAll("[name=new_id]").forEach((field) => {
    field.value ||= crypto.randomUUID?.() ?? "";
  });
  setTimeout(() => sent.delete(event.target), 3000);
});

// Whoever comes back to a form that triggers a run, or changes it after it was sent, and sends it again, wants another run, which gets an id of
// its own.
const NEW_AFTER_BACK = "[data-new-after-back]";
const forget = (field) => {
  field.value = "";
};
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted && performance.getEntriesByType("navigation")[0]?.type !== "back_forward") return;
  document.querySelectorAll(NEW_AFTER_BACK).forEach(forget);
});
document.addEventListener("input", ({ target }) => {
  if (everSent.has(target.form)) target.form.querySelectorAll(NEW_AFTER_BACK).forEach(forget);
});
let isLeaving = false;
addEventListener("beforeunload", () => {
  isLeaving = true;
});
addEventListener("pageshow", () => {
  isLeaving = false;
});
document.addEventListener("visibilitychange", () => {
  // Until the answer has come, the form keeps its id: somebody who looks at another tab and then presses again must not trigger a second run.
  if (document.visibilityState === "hidden" || isLeaving) return;
  for (const field of document.querySelectorAll(NEW_AFTER_BACK)) if (everSent.has(field.form)) forget(field);
});

const openDialog = () => document.querySelector(".ask:popover-open");

// While a dialog is open, Tab moves only among its controls: from the last one to the first, and back.
document.addEventListener("keydown", (event) => {
  const dialog = openDialog();
  if (event.key !== "Tab" || !dialog) return;
  const controls = [...dialog.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(
    (control) => !control.disabled && control.checkVisibility(),
  );
  const [first, last] = [controls[0], controls.at(-1)];
  const focused = document.activeElement;
  const isInside = controls.includes(focused);
  if (isInside && focused !== (event.shiftKey ? first : last)) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
});

// After each refresh, htmx moves the focus to the first element that has the attribute `autofocus`. If that were an open dialog, its
// field would lose the focus, and what the user goes on typing would be lost. So a dialog has the attribute only while it is closed.
// `morphIgnore` in layout.tsx keeps a refresh from adding it to an open dialog.
document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    if (!target.matches(".ask")) return;
    target.toggleAttribute("autofocus", newState === "closed");
    // Whoever opens a dialog with a field goes on typing in the first one.
    if (newState === "closed" || target.id === "keys") return;
    target.querySelector("input:not([type=hidden], :disabled), select, textarea")?.focus();
  },
  { capture: true },
);

// When a refresh removes the dialog that had the focus, the focus moves to the content of the page.
let held = null;
document.addEventListener("htmx:before:swap", () => {
  held = openDialog();
});
document.addEventListener("htmx:after:swap", () => {
  if (held && !held.isConnected) document.querySelector("#main").focus();
  held = null;
});

// A page for which the database was away asks whether it can be answered now, and is loaded again only then: nobody loses the place
// where they read. It asks as a live part does, which is no use of the session.
{
  const retry = document.querySelector("[data-retry]");
  const ask = async () => {
    const asked = document.hidden
      ? null
      : fetch(location.href, { headers: { "HX-Request": "true" } }).catch(() => null);
    const answer = await asked;
    if (answer && answer.status !== 503) location.reload();
    else wait();
  };
  let pauseMs = 2_000;
  const wait = () => {
    // The random part grows, so that the pages that were refused together do not come back together.
    setTimeout(ask, retry.dataset.retry * 1000 + pauseMs * (1 - Math.random() / 2));
    pauseMs = Math.min(2 * pauseMs, 60_000);
  };
  if (retry) wait();
}

// A MutationObserver is called before the browser paints, so a reader never sees the UTC time before it is replaced by the
// local time.
new MutationObserver(enhance).observe(document.body, { childList: true, characterData: true, subtree: true });
enhance();

// A form with `data-result-in` leaves the page as it is, with the secret that is shown only once: it is sent here, and the part
// `data-result` of the answer is shown in the element of that id. An answer without that part, such as an error, is shown as text.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const place = form.dataset.resultIn && document.getElementById(form.dataset.resultIn);
  if (!place || event.defaultPrevented) return;
  event.preventDefault();
  place.textContent = "Sending …";
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const result =
    page?.querySelector("[data-result]")?.children ?? page?.querySelectorAll("main .card h1, main .card p");
  place.replaceChildren(...(result ?? ["The service cannot be reached. Try again."]));
});
