// The keyboard shortcuts of every page, the change of the theme without a page load, and the announcements for screen readers.
{
  const dialog = document.querySelector("#keys");
  const STORED = "keys";

  for (const control of document.querySelectorAll("[data-scripted]")) control.hidden = false;

  // Users can turn shortcuts of a single key off (WCAG 2.1.4), since speech input may trigger them by accident.
  const isOn = document.querySelector("#keys-on");
  if (isOn) {
    isOn.checked = localStorage.getItem(STORED) !== "off";
    isOn.addEventListener("change", () => localStorage.setItem(STORED, isOn.checked ? "on" : "off"));
  }

  const isTyping = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select");

  /** True after `g` was pressed, until the next key. */
  let goes = false;

  function goToSearch(event) {
    const search = document.querySelector("[data-search]") ?? document.querySelector("main input[type=search]");
    if (!search) return;
    event.preventDefault();
    dialog?.hidePopover();
    search.focus();
    search.select();
  }

  /** Moves the focus to the next row of the page's lists, or to the one before. */
  function moveBy(step) {
    const rows = [...document.querySelectorAll("main :is(.row-link, .file, .answers a)")].filter((row) =>
      row.checkVisibility(),
    );
    const here = document.activeElement?.closest("tr")?.querySelector(".row-link") ?? document.activeElement;
    const place = rows.indexOf(here);
    rows[place === -1 ? 0 : Math.min(Math.max(place + step, 0), rows.length - 1)]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    // Enter in a field that has its own button presses that button instead of the first button of the form.
    if (key === "Enter" && target.dataset?.enter === "next") {
      event.preventDefault();
      target.parentElement.querySelector("button").click();
      return;
    }
    // While a dialog is open, all keys are its own; only the list of keys is closed by the key that opens it.
    if (document.querySelector(".ask:popover-open:not(#keys)")) return;
    if (key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      goToSearch(event);
      return;
    }
    if (!isOn?.checked || event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return;
    const link = goes && dialog.querySelector(`a[data-key="${CSS.escape(key)}"]`);
    goes = key === "g";
    if (link) link.click();
    else if (key === "?") dialog.togglePopover();
    else if (key === "/") goToSearch(event);
    else if (key === "j") moveBy(1);
    else if (key === "k") moveBy(-1);
    else if (key === "x") target.closest("tr")?.querySelector("input[name=run]")?.click();
  });

  // A link to a dialog of another page, such as `/app/people#ask-invite`, opens the dialog there.
  function openNamed() {
    const named = document.getElementById(location.hash.slice(1));
    if (named?.matches(".ask:not(:popover-open)")) named.showPopover();
  }
  addEventListener("hashchange", openNamed);
  openNamed();

  // Sets the same cookie as the server would. So the theme changes without a page load, and nothing that was typed is lost.
  const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
  const THEMES = { system: "as the system", light: "light", dark: "dark" };
  document.addEventListener(
    "submit",
    (event) => {
      if (!event.target.matches("[data-theme-form]") || !("cookieStore" in window)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      const theme = button.value;
      const names = Object.keys(THEMES);
      const next = names[(names.indexOf(theme) + 1) % names.length];
      cookieStore.set({ name: "theme", value: theme, expires: Date.now() + YEAR_MS, sameSite: "lax" });
      document.documentElement.dataset.theme = theme;
      button.value = next;
      button.title = `Theme: ${THEMES[theme]}. Change it to: ${THEMES[next]}.`;
      button.setAttribute("aria-label", button.title);
    },
    true,
  );

  // After a refresh of the live part, screen readers announce once what has changed: the new texts of `data-announce`, compared
  // by the ids of their elements.
  const MAX_SAID = 3;
  const wordsOf = () =>
    new Map([...document.querySelectorAll("[data-announce]")].map(({ id, dataset }) => [id, dataset.announce]));
  let before = wordsOf();
  document.addEventListener("htmx:after:swap", () => {
    const after = wordsOf();
    const changed = [...after].filter(([id, words]) => before.has(id) && before.get(id) !== words);
    before = after;
    if (changed.length === 0) return;
    const said =
      changed.length > MAX_SAID ? [`${changed.length} runs have changed.`] : changed.map(([, words]) => words);
    document.querySelector("#announcer").textContent = said.join(" ");
  });
}
