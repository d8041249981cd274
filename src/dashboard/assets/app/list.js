// Helps with lists. A filter is applied as soon as it is set. A row stays ticked when the list is refreshed, even when the list does not show
// it any more. An open menu of the filters is closed.
{
  const boxes = () => [...document.querySelectorAll("input[name=run][type=checkbox]")];
  /** Fields for the ticked rows that the list does not show. */
  const kept = () => [...document.querySelectorAll("#bulk input[name=run][type=hidden]")];

  function showPicked() {
    const picked = boxes().filter((box) => box.checked).length;
    const unseen = kept().length;
    for (const all of document.querySelectorAll("[data-pick-all]")) {
      all.hidden = false;
      all.checked = picked > 0 && picked === boxes().length;
      all.indeterminate = picked + unseen > 0 && !all.checked;
    }
    const isAll = document.querySelector("#bulk [name=all]")?.checked;
    for (const button of document.querySelectorAll("#bulk button")) button.disabled = picked + unseen === 0 && !isAll;
    for (const words of document.querySelectorAll("[data-picked]")) {
      const rest = unseen === 0 ? "" : `, ${unseen} not shown`;
      words.textContent = picked + unseen === 0 ? "Selected runs:" : `Selected: ${picked + unseen}${rest}`;
    }
  }

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-pick-all]")) {
      for (const box of boxes()) box.checked = target.checked;
      for (const field of target.checked ? [] : kept()) field.remove();
    }
    if (target.matches("[data-pick-all], [name=run], [name=all]")) showPicked();
  });

  let picked = new Set();
  /** The list of which the reader has asked for what is new. Its link is gone after that. */
  let asked;
  document.addEventListener("htmx:before:swap", ({ detail }) => {
    asked = detail.ctx.sourceElement.dataset.newsOf;
    picked = new Set([...boxes().filter((box) => box.checked), ...kept()].map(({ value }) => value));
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const field of kept()) field.remove();
    for (const box of boxes()) box.checked = picked.delete(box.value);
    document
      .querySelector("#bulk")
      ?.append(
        ...[...picked].map((value) =>
          Object.assign(document.createElement("input"), { type: "hidden", name: "run", value }),
        ),
      );
    showPicked();
    // Who asks for the list as it is now goes on at its beginning.
    if (asked) document.querySelector(`#live [id^="${asked}-"] .row-link`)?.focus();
  });

  showPicked();

  // With the filter, the page is another one. There the control that was used has the focus again, and its menu is open.
  const USED = "filter";
  let isOtherTime = false;
  document.addEventListener("change", ({ target }) => {
    const form = target.closest("form.filters");
    isOtherTime ||= form !== null && target.type === "datetime-local";
    if (!form || !target.matches("select, [type=checkbox], [type=text]")) return;
    const value = target.type === "checkbox" ? `[value="${CSS.escape(target.value)}"]` : "";
    sessionStorage.setItem(USED, `.filters [name="${target.name}"]${value}`);
    form.requestSubmit();
  });
  // The fields of a range change with each key, so it is applied when both are left.
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    if (isOtherTime && target.type === "datetime-local" && relatedTarget?.type !== "datetime-local")
      target.form.requestSubmit();
  });
  const used = sessionStorage.getItem(USED);
  sessionStorage.removeItem(USED);
  const control = used === null ? null : document.querySelector(used);
  for (const menu of control === null ? [] : document.querySelectorAll("details.menu"))
    menu.open = menu.contains(control);
  control?.focus();

  const openMenus = () => [...document.querySelectorAll("details.menu[open]")];
  document.addEventListener("click", ({ target }) => {
    for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    for (const menu of key === "Escape" ? openMenus() : []) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
