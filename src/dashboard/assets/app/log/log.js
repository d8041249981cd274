// Follows the log of a run on its page. New lines are requested when `live.js` says that there may be some: after each event `log` of
// the page's stream, and after each request of the live part. Each answer also has the progress of the run. Nothing is requested
// while nothing happens.
import { Lines } from "./lines.js";
import { Marks } from "./marks.js";
import { View } from "./view.js";

/** The longest time to wait after the first failed request. It is doubled after each further one, up to a minute. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;
/** A line that has come before an earlier one is held back for 30 s. No event says when that time is over. */
const HELD_MS = 31_000;

const section = document.querySelector("#log");
const box = section.querySelector("[role=log]");
const search = section.querySelector("input[type=search]");
const goTo = section.querySelector("input[name=line]");
const count = section.querySelector("output");
const tool = (name) => section.querySelector(`[data-tool=${name}]`);

/** Set when the page shows the log of one attempt only. */
const only = section.dataset.attempt ? Number(section.dataset.attempt) : null;
/** The attempt whose log is shown, and the number of its last entry. */
let attempt = only;
let after = null;
let lines = new Lines();
let isComplete = false;
/** True when a line says that the rest of the log was not stored. */
let isCut = false;
let hasAsked = false;
let retryMs = FIRST_RETRY_MS;
/** When it may be requested again at the earliest: an answer asked for that by `Retry-After`. */
let notBefore = 0;
let isAsking = false;
let asksAgain = false;
/** True when the runner has logged something, or reported progress, since the last request. */
let hasNews = false;
let timer;
/** How far the box was scrolled when the reader scrolled last. */
let top = 0;

const view = new View(box, lines);
const marks = new Marks(box);

// What is shown

const words = () => search.value.trim().toLowerCase();
/** The indexes of the lines from `first` on that contain the searched words. */
function find(first) {
  const found = [];
  for (let i = first; i < lines.length; i++) if (lines.text(i).toLowerCase().includes(words())) found.push(i);
  return found;
}

let found = null;

function say() {
  count.textContent =
    found === null ? "" : `${found.length.toLocaleString("en-GB")} of ${lines.length.toLocaleString("en-GB")} lines`;
  section.querySelector(".log-empty").hidden = lines.length > 0;
  section.querySelector(".log-tools").hidden = lines.length === 0;
  section.classList.toggle("without-lines", lines.length === 0);
}

/** Shows all lines, or those that contain the searched words. */
function showAll() {
  found = words() === "" ? null : find(0);
  view.show(found, lines);
  marks.words = words();
  say();
}

/** Shows the lines from `first` on, which are new. */
function showMore(first) {
  if (found === null) {
    view.update(first);
  } else {
    while (found.length > 0 && found.at(-1) >= first) found.pop();
    const from = found.length;
    for (const index of find(first)) found.push(index);
    view.update(from);
  }
  say();
}

function follow(isOn) {
  tool("follow").setAttribute("aria-pressed", isOn);
  view.isFollowing = isOn;
}
const isFollowing = () => tool("follow").getAttribute("aria-pressed") === "true";

/** The number of the line that the address names, as `#L12`. */
const lineOfAddress = () => Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);

/** The line to go to when it is there: the one that the address of the page named. */
let wantedLine = lineOfAddress();

/** Goes to a line by its number, if there is such a line. The address then names the line and the attempt, so that it can be sent to others. */
function showLine(number) {
  if (!(number >= 1 && number <= lines.length)) return false;
  follow(false);
  if (found !== null) {
    search.value = "";
    showAll();
  }
  view.mark(number - 1);
  top = box.scrollTop;
  history.replaceState(history.state, "", `?attempt=${attempt}#L${number}`);
  return true;
}

// What is asked for

function showProgress({ progress, heartbeat_at: heartbeatAt }) {
  const card = document.querySelector("#progress");
  if (!card) return;
  if (progress) {
    const { percent, message } = progress;
    card.querySelector(".progress-none").hidden = true;
    const bar = card.querySelector("progress");
    bar.hidden = false;
    if (percent === null) bar.removeAttribute("value");
    else bar.value = percent;
    card.querySelector(".progress-percent").textContent = percent === null ? "" : `${percent} %`;
    card.querySelector(".progress-message").textContent = message ?? "";
  }
  const heartbeat = card.querySelector(".heartbeat");
  if (!heartbeatAt || !heartbeat) return;
  const time = heartbeat.querySelector("time");
  heartbeat.hidden = false;
  // `app.js` writes the local time.
  if (time.dateTime !== heartbeatAt) [time.dateTime, time.textContent] = [heartbeatAt, heartbeatAt];
}

/** A retry begins a new attempt, so its log is shown from the beginning. */
function startOver(next) {
  [attempt, after, lines, isComplete] = [next, null, new Lines(), false];
  [hasAsked, isCut] = [false, false];
  showAll();
}

async function request() {
  const url = new URL(section.dataset.log, location.href);
  if (attempt !== null) url.searchParams.set("attempt", attempt);
  if (after !== null) url.searchParams.set("after", after);
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  notBefore = Date.now() + Math.min(1_000 * (Number(response.headers.get("Retry-After")) || 0), LONGEST_RETRY_MS);
  if (!response.ok) return null;
  const page = await response.json();
  attempt = page.attempt;
  after = page.after;
  isComplete = page.is_complete;
  if (only === null) showProgress(page);
  const entries = page.cut === null || isCut ? page.entries : [...page.entries, { mark: page.cut, text: "", at: null }];
  isCut ||= page.cut !== null;
  if (entries.length > 0) showMore(lines.add(entries));
  if (showLine(wantedLine)) wantedLine = 0;
  return page;
}

/**
 * Requests what is new, unless the log is complete. The log of a PENDING run has nothing new. It is requested at least once, since
 * the run may have ended long ago.
 */
async function ask(event) {
  hasNews ||= event?.detail?.hasNews === true;
  asksAgain = isAsking;
  if (isAsking || document.hidden || Date.now() < notBefore) return;
  const shown = Number(document.querySelector("#progress")?.dataset.attempt ?? 0);
  if (only === null && shown > (attempt ?? shown)) startOver(shown);
  const isPending = only === null && document.querySelector("#live .status.pending") !== null;
  if (hasAsked && (isComplete || isPending)) return;
  clearTimeout(timer);
  isAsking = true;
  const page = await request().catch(() => null);
  isAsking = false;
  hasAsked ||= page !== null;
  if (page === null) {
    // A random part, so that the pages that were refused together do not come back together.
    timer = setTimeout(ask, Math.max(notBefore - Date.now(), 0) + retryMs * (1 - Math.random() / 2));
    retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
    return;
  }
  retryMs = FIRST_RETRY_MS;
  if (page.has_more || asksAgain) return ask();
  else if (page.entries.length === 0 && hasNews && !isComplete) timer = setTimeout(ask, HELD_MS);
  hasNews = false;
}

// What the reader does

/** Saves the lines as they are here, so that this asks for nothing and has all of them. */
function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.toText()], { type: "text/plain" }));
  link.download = `${section.dataset.name}-attempt-${attempt}.log`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Lets a button change how the lines are laid out. The line at the top stays there. */
function lay(name, change) {
  const isOn = tool(name).getAttribute("aria-pressed") !== "true";
  tool(name).setAttribute("aria-pressed", isOn);
  view.lay(() => change(isOn));
}

/** Lets the log fill the window. What it covers can be neither pressed nor reached by keyboard. */
function fillWindow(isOn) {
  section.classList.toggle("whole", isOn);
  for (let part = section; part !== document.body; part = part.parentElement) {
    for (const other of part.parentElement.children) if (other !== part && other.id !== "announcer") other.inert = isOn;
  }
}

search.addEventListener("input", showAll);
goTo.addEventListener("keydown", ({ key }) => {
  if (key === "Enter") showLine(Number(goTo.value));
});
tool("follow").addEventListener("click", () => follow(!isFollowing()));
tool("times").addEventListener("click", ({ currentTarget }) => {
  const isOn = box.classList.toggle("with-times");
  currentTarget.setAttribute("aria-pressed", isOn);
});
tool("wrap").addEventListener("click", () => lay("wrap", (isOn) => box.classList.toggle("unwrapped", !isOn)));
tool("window").addEventListener("click", () => lay("window", fillWindow));
section.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && section.matches(".whole")) lay("window", fillWindow);
});
tool("download").addEventListener("click", download);
box.addEventListener("click", (event) => {
  const { number } = event.target.dataset;
  if (number === undefined) return;
  event.preventDefault();
  showLine(Number(number));
});
addEventListener("hashchange", () => showLine(lineOfAddress()));

// Whoever scrolls up reads, and whoever scrolls to the end wants to see what comes.
box.addEventListener("scroll", () => {
  if (box.scrollTop < top && !view.isAtEnd) follow(false);
  else if (box.scrollTop > top && view.isAtEnd && !isFollowing()) follow(true);
  top = box.scrollTop;
});

document.addEventListener("log", ask);
document.addEventListener("visibilitychange", ask);
ask();
