// Lets the reader choose several steps of a chart: by dragging across them, or with Shift and the arrow keys, and Enter. Then the list
// of their runs is opened. The arrow keys alone move through the steps.
{
  /** The chosen steps: the first that was touched and the last, by their numbers in the plot with this id. */
  let chosen = null;
  /** Where the pointer was pressed; null when it is not pressed in a plot. */
  let pressed = null;
  /** How far the pointer must move until it drags, in pixels. */
  const DRAG_PX = 5;

  const stepsOf = (plot) => [...plot.querySelectorAll(".step")];
  const plotOf = (target) => target.closest?.(".plot");
  const boundsOf = ({ from, to }) => [Math.min(from, to), Math.max(from, to)];

  function stepAt(plot, x) {
    const { left, width } = plot.getBoundingClientRect();
    const { length } = stepsOf(plot);
    return Math.min(length - 1, Math.max(0, Math.floor(((x - left) / width) * length)));
  }

  /** Shows the chosen steps, and says which they are and how many runs they have. */
  function show() {
    for (const plot of document.querySelectorAll(".plot")) {
      const steps = stepsOf(plot);
      const [first, last] = chosen?.plot === plot.id ? boundsOf(chosen) : [0, -1];
      for (const [index, step] of steps.entries()) step.classList.toggle("chosen", index >= first && index <= last);
      const words = plot.querySelector("p.tip");
      words.hidden = last === -1;
      words.textContent = last === -1 ? "" : wordsOf(plot, steps.slice(first, last + 1));
    }
  }

  function wordsOf(plot, steps) {
    const parts =
      plot.dataset.parts === "day"
        ? { month: "short", day: "numeric", timeZone: "UTC" }
        : { weekday: "short", hour: "2-digit", minute: "2-digit" };
    const at = (step, end) =>
      new Intl.DateTimeFormat(undefined, parts).format(
        Date.parse(step.dataset[end ? "to" : "from"]) + (end ? 60_000 : 0),
      );
    const sum = (name) =>
      steps.reduce((total, { dataset }) => total + Number(dataset[name]), 0).toLocaleString("en-GB");
    return `${at(steps[0], false)} – ${at(steps.at(-1), true)}: ${sum("completed")} completed, ${sum("failed")} failed`;
  }

  function choose(plot, from, to) {
    chosen = { plot: plot.id, from, to };
    show();
  }

  function clear() {
    chosen = null;
    pressed = null;
    show();
  }

  function open(plot) {
    const steps = stepsOf(plot);
    const [first, last] = boundsOf(chosen);
    const url = new URL(plot.dataset.list, location.href);
    url.searchParams.set("from", steps[first].dataset.from);
    url.searchParams.set("to", steps[last].dataset.to);
    clear();
    location.assign(url);
  }

  // Otherwise the browser would drag the link of a step.
  document.addEventListener("dragstart", (event) => {
    if (plotOf(event.target)) event.preventDefault();
  });
  document.addEventListener("pointerdown", (event) => {
    const plot = plotOf(event.target);
    if (chosen) clear();
    if (plot && event.isPrimary && event.button === 0) pressed = { plot, x: event.clientX };
  });
  document.addEventListener("pointermove", ({ clientX, pointerId }) => {
    if (!pressed) return;
    const { plot, x } = pressed;
    if (!chosen && Math.abs(clientX - x) < DRAG_PX) return;
    // From now on no link of a step is clicked when the pointer is released.
    plot.setPointerCapture(pointerId);
    choose(plot, stepAt(plot, x), stepAt(plot, clientX));
  });
  document.addEventListener("pointerup", () => {
    const plot = pressed?.plot;
    pressed = null;
    if (plot && chosen) open(plot);
  });
  document.addEventListener("pointercancel", clear);

  document.addEventListener("keydown", (event) => {
    const plot = plotOf(event.target);
    if (event.key === "Escape" && chosen) clear();
    if (!plot) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const here = stepsOf(plot).indexOf(event.target.closest(".step"));
    if (event.key === "Enter" && chosen?.plot === plot.id) {
      event.preventDefault();
      open(plot);
    } else if (by !== undefined && event.shiftKey) {
      event.preventDefault();
      const { from, to } = chosen ?? { from: here, to: here };
      choose(plot, from, Math.min(stepsOf(plot).length - 1, Math.max(0, to + by)));
    } else if (by !== undefined) {
      event.preventDefault();
      clear();
      const links = [...plot.querySelectorAll(".step a")];
      links[links.indexOf(event.target) + by]?.focus();
    }
  });
  document.addEventListener("focusout", ({ target }) => {
    if (!pressed && chosen && plotOf(target)) clear();
  });
  document.addEventListener("htmx:after:swap", show);
}
