// Numbers the lines of a field for JSON while somebody types, and shows what is wrong beside its line.
{
  /** What is wrong, and in which line: browsers say so in different words. Null for JSON, and for an empty text. */
  function findFault(text) {
    if (text.trim() === "") return null;
    try {
      JSON.parse(text);
      return null;
    } catch ({ message }) {
      const at = / position (\d+)/.exec(message)?.[1];
      const named = / line (\d+)/.exec(message)?.[1];
      const before = at === undefined ? text.trimEnd() : text.slice(0, Number(at)).trimEnd();
      const line = named === undefined ? before.split("\n").length : Number(named);
      return { line, words: message.replace(/^JSON\.parse: | in JSON.*$| at line .*$|, ".*$/gs, "") };
    }
  }

  /** Shows as many numbers as there are lines. Of a text that the service has judged, it keeps the faults until it is changed. */
  function number(editor, isChanged) {
    const [list, field] = editor.children;
    const count = field.value.split("\n").length;
    field.rows = Math.max(3, count);
    if (!isChanged && list.children.length === count) return;
    const fault = findFault(field.value);
    if (fault) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    const items = Array.from({ length: count }, (_, index) => {
      const item = document.createElement("p");
      if (fault?.line === index + 1) {
        item.className = "faulty";
        const words = document.createElement("span");
        words.textContent = fault.words;
        item.append(words);
      }
      return item;
    });
    list.replaceChildren(...items);
  }

  const numberAll = () => {
    for (const editor of document.querySelectorAll("[data-editor]")) number(editor, false);
  };

  let timer;
  document.addEventListener("input", ({ target }) => {
    const editor = target.closest?.("[data-editor]");
    if (!editor) return;
    clearTimeout(timer);
    timer = setTimeout(() => number(editor, true), 250);
  });
  // A refresh of the page keeps what was typed, and shows the lines of the text that it would begin with.
  document.addEventListener("htmx:after:swap", numberAll);
  numberAll();
}
