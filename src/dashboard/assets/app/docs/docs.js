// What the documentation does beyond plain HTML: it makes the reads that are tried, keeps the chosen language, leads on from addresses of
// before, shows where one is on a page, and closes the lists beside the content on a narrow screen.
{
  // Once, all operations were on one page: `/docs#get_workflow_run`. The overview has a link to each under its old address. It also leads
  // on from a page on which an operation was before.
  const leadOn = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id === "") return;
    const place = document.getElementById(id);
    if (location.pathname !== "/docs") {
      if (place === null) location.replace(`/docs#${id}`);
      return;
    }
    const link = place?.querySelector(":scope > a");
    if (link) location.replace(link.href);
  };
  leadOn();
  addEventListener("hashchange", () => {
    leadOn();
    // A result of the search may be on this page. Without the focus, the search closes its results.
    if (document.activeElement?.closest("search")) document.activeElement.blur();
  });

  for (const list of document.querySelectorAll(".beside-main")) {
    list.addEventListener("click", ({ target }) => {
      if (target.closest("a") && list.matches(":popover-open")) list.hidePopover();
    });
  }

  // The last heading above the middle of the window is marked in the table of contents.
  const entries = [...document.querySelectorAll("#headings a")].map((link) => ({
    link,
    heading: document.getElementById(decodeURIComponent(link.hash.slice(1))),
  }));
  const mark = () => {
    const here = entries.findLast(({ heading }) => heading?.getBoundingClientRect().top < innerHeight / 2);
    for (const { link } of entries) {
      if (link === here?.link) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", mark, { passive: true });
  mark();

  // The server renders the next page in the language that was chosen on this one.
  const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "language" || !("cookieStore" in window)) return;
    cookieStore.set({ name: "language", value: target.value, expires: Date.now() + YEAR_MS, sameSite: "lax" });
  });

  // The key that a reader has made is put into the examples of the quick start.
  const made = document.querySelector("#made-key");
  const fillIn = () => {
    const { copy: key } = made.querySelector("[data-copy^=wr_]")?.dataset ?? {};
    if (!key) return;
    for (const text of document.querySelectorAll("[data-language] .code-text")) {
      text.textContent = text.textContent.replace("wr_…", key);
    }
  };
  if (made) new MutationObserver(fillIn).observe(made, { childList: true });

  /** The headers of an answer that say something to who tries a request. All others are the same in each answer. */
  const HEADERS = ["content-type", "etag", "location", "retry-after", "x-request-id", "x-queue-position"];
  /** How much of a body is shown, in characters. */
  const MAX_SHOWN = 200_000;

  /** What was typed for a parameter of a path, such as `run_id`, is filled in at other operations, too. */
  const storedAs = ({ name }) => `docs.${name}`;

  /** The request that a form describes: its URL and headers. */
  function requestOf(form) {
    let path = form.dataset.try;
    const query = new URLSearchParams();
    const headers = {};
    for (const field of form.querySelectorAll("input")) {
      const value = field.value.trim();
      if (value === "") continue;
      const { name, dataset } = field;
      const values = "list" in dataset ? value.split(",").map((part) => part.trim()) : [value];
      if (dataset.in === "path") {
        path = path.replace(`{${name}}`, encodeURIComponent(value));
        sessionStorage.setItem(storedAs(field), value);
      } else if (dataset.in === "query") {
        for (const one of values) query.append(name, one);
      } else {
        headers[name] = value;
      }
    }
    return { url: query.size === 0 ? path : `${path}?${query}`, headers };
  }

  const indented = (text) => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };

  /** The request of each form that is under way. Another one takes its place. */
  const underWay = new WeakMap();

  async function tryIt(form) {
    underWay.get(form)?.abort();
    const controller = new AbortController();
    underWay.set(form, controller);
    const answer = form.querySelector(".answer");
    const [status, headers, body] = ["[role=status]", "pre", "code"].map((part) => answer.querySelector(part));
    answer.hidden = false;
    [status.textContent, headers.textContent, body.textContent] = ["Sending …", "", ""];
    const { url, headers: sent } = requestOf(form);
    const begun = performance.now();
    try {
      const response = await fetch(url, { headers: sent, signal: controller.signal });
      const text = await response.text();
      const milliseconds = Math.round(performance.now() - begun);
      const words = `${response.status} ${response.statusText}`.trim();
      status.textContent = `GET ${url}: ${words}, ${milliseconds} ms.`;
      if (response.status === 401) {
        const link = Object.assign(document.createElement("a"), {
          href: form.dataset.signIn,
          textContent: "Sign in again",
        });
        status.append(" Your session has ended. ", link, ".");
      }
      const shown = HEADERS.filter((name) => response.headers.has(name));
      headers.textContent = shown.map((name) => `${name}: ${response.headers.get(name)}`).join("\n");
      const whole = indented(text);
      body.textContent = whole.length > MAX_SHOWN ? `${whole.slice(0, MAX_SHOWN)}\n… cut here` : whole;
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = "The service cannot be reached. Try again.";
    }
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.try) return;
    event.preventDefault();
    tryIt(event.target);
  });

  document.addEventListener(
    "toggle",
    ({ target, newState }) => {
      if (newState !== "open" || !target.matches(".try")) return;
      for (const field of target.querySelectorAll("input[data-in=path]")) {
        field.value ||= sessionStorage.getItem(storedAs(field)) ?? "";
      }
    },
    { capture: true },
  );
}
