// Lets a reader fold, search and copy a JSON value. The page has only the beginning of a long value, so all of it is requested when the
// reader comes to it.
// Elements are made when they are unfolded, at most 200 at a time, so a value of any size costs little.
const BATCH = 200;
const MAX_FOUND = 1_000;
/** A value whose JSON has at most this many characters begins unfolded. A longer one begins folded. */
const SHORT = 2_000;

const isContainer = (value) => typeof value === "object" && value !== null && Object.keys(value).length > 0;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** The name of a value within an object; nothing within a list. */
const nameOf = (key) => (key === null ? [] : [make("span", "json-key", JSON.stringify(key)), ": "]);

function leafOf(key, value) {
  const kind = value === null ? "null" : typeof value;
  return make("div", "json-row", ...nameOf(key), make("span", `json-${kind}`, JSON.stringify(value)));
}

/** A value with others in it: `details`, whose children are made when it is unfolded for the first time. */
function branchOf(key, value, opensAll) {
  const [begin, end] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const count = Object.keys(value).length;
  const size = make("span", "muted json-size", `… ${count.toLocaleString("en-GB")} ${end}`);
  const branch = make("details", "json-row", make("summary", "", ...nameOf(key), begin, " ", size));
  const last = make("div", "", end);
  branch.append(last);
  let made = 0;
  const more = make("button", "json-more");
  more.type = "button";
  /** Makes the elements of the values up to the given index. */
  const fill = (to) => {
    const keys = Object.keys(value).slice(made, to);
    const rows = keys.map((name) => nodeOf(Array.isArray(value) ? null : name, value[name], opensAll));
    made += rows.length;
    more.remove();
    last.before(...rows);
    more.textContent = `${Math.min(BATCH, count - made)} more of ${count.toLocaleString("en-GB")}`;
    if (made < count) last.before(more);
  };
  more.addEventListener("click", () => fill(made + BATCH));
  branch.addEventListener("toggle", () => made === 0 && branch.open && fill(BATCH));
  branch.reach = (index) => {
    branch.open = true;
    if (index >= made) fill(index + 1);
    return branch.children[index + 1];
  };
  if (opensAll) {
    branch.open = true;
    fill(BATCH);
  }
  return branch;
}

function nodeOf(key, value, opensAll) {
  return isContainer(value) ? branchOf(key, value, opensAll) : leafOf(key, value);
}

/** The paths, as lists of indexes, to the values whose name or text contains the words. It does not recurse, whatever the depth. */
function find(root, words) {
  const found = [];
  const open = [{ value: root, path: [] }];
  while (open.length > 0 && found.length < MAX_FOUND) {
    const { value, path, name = "" } = open.pop();
    const text = isContainer(value) ? "" : JSON.stringify(value);
    if (`${name}\n${text}`.toLowerCase().includes(words)) found.push(path);
    if (!isContainer(value)) continue;
    const names = Object.keys(value);
    for (let i = names.length - 1; i >= 0; i--) {
      open.push({ value: value[names[i]], path: [...path, i], name: Array.isArray(value) ? "" : names[i] });
    }
  }
  return found;
}

function enhance(json) {
  const box = json.querySelector(".json-box");
  const all = json.querySelector("a[href]");
  const search = json.querySelector("input");
  const copy = json.querySelector(".copy");
  const count = json.querySelector("output");
  let value;
  let tree;
  let found = [];
  let shown = -1;

  /** Shows a value whose JSON has so many characters. */
  function show(given, length) {
    value = given;
    // What is below does not move.
    box.style.minHeight = `${box.offsetHeight}px`;
    tree = nodeOf(null, value, length <= SHORT);
    if (isContainer(value)) tree.reach(BATCH - 1);
    box.replaceChildren(tree);
  }

  /** Requests the whole value, unless the page has it. */
  async function load() {
    if (tree) return;
    const response = await fetch(json.dataset.href);
    if (!response.ok) return;
    const whole = (await response.json())[json.dataset.field];
    show(whole, JSON.stringify(whole).length);
    all.hidden = true;
  }

  /** Unfolds what is around a value that was found, and scrolls to it within the box. */
  function reveal(path) {
    box.querySelector(".marked")?.classList.remove("marked");
    let node = tree;
    for (const index of path) node = node.reach(index);
    node.classList.add("marked");
    box.scrollTop += node.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
  }

  function say() {
    const of = `${found.length}${found.length < MAX_FOUND ? "" : " or more"}`;
    count.textContent = search.value === "" ? "" : `${shown + 1} of ${of}`;
  }

  function next(step) {
    if (found.length > 0) {
      shown = (shown + step + found.length) % found.length;
      reveal(found[shown]);
    }
    say();
  }

  search.addEventListener("input", async () => {
    await load();
    const words = search.value.trim().toLowerCase();
    [found, shown] = [words === "" || !tree ? [] : find(value, words), -1];
    next(1);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
  });
  copy.addEventListener("click", async () => {
    await load();
    await navigator.clipboard.writeText(JSON.stringify(value, null, 2));
    copy.classList.add("copied");
    setTimeout(() => copy.classList.remove("copied"), 1200);
  });
  all?.addEventListener("click", (event) => {
    event.preventDefault();
    load();
  });

  if (!json.dataset.href) {
    show(JSON.parse(box.textContent), box.textContent.length);
  } else {
    const observer = new IntersectionObserver((changes) => {
      if (!changes.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      load();
    });
    observer.observe(box);
  }
  copy.hidden = !navigator.clipboard;
  json.querySelector(".json-tools").hidden = false;
}

const enhanced = new WeakSet();
function enhanceAll() {
  for (const json of document.querySelectorAll(".json")) {
    if (enhanced.has(json)) continue;
    enhanced.add(json);
    enhance(json);
  }
}
document.addEventListener("htmx:after:swap", enhanceAll);
enhanceAll();
