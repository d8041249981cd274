// What the documentation does beyond plain HTML: it makes the reads that are tried, leads on from addresses of before, and closes the
// list of contents on a narrow screen.
{
  // Once, all operations were on one page: `/docs#get_workflow_run`. The overview has a link to each under its old address.
  const leadOn = () => {
    if (location.pathname !== "/docs") return;
    const link = document.getElementById(location.hash.slice(1))?.querySelector(":scope > a");
    if (link) location.replace(link.href);
  };
  leadOn();
  addEventListener("hashchange", () => {
    leadOn();
    // A result of the search may be on this page. Without the focus, the search closes its results.
    if (document.activeElement?.closest("search")) document.activeElement.blur();
  });

  const contents = document.querySelector("#contents");
  contents.addEventListener("click", ({ target }) => {
    if (target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
  });

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
