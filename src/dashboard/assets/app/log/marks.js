// Marks the searched words in the lines of a log that are elements of the page. The browser paints the marks over the text, whose elements
// stay as they are: what is selected stays selected.

/** More marks than a reader looks at would make scrolling slow: one letter may be everywhere. */
const MOST = 5_000;

const escaped = (words) => words.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The places of a pattern in the text of an element, which may consist of several nodes. */
function* rangesIn(element, pattern) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let text = "";
  while (walker.nextNode()) {
    nodes.push({ node: walker.currentNode, start: text.length });
    text += walker.currentNode.data;
  }
  const placeOf = (offset) => nodes.findLast(({ start }) => start <= offset);
  for (const { index, 0: found } of text.matchAll(pattern)) {
    const [first, last] = [placeOf(index), placeOf(index + found.length - 1)];
    yield new StaticRange({
      ...{ startContainer: first.node, startOffset: index - first.start },
      ...{ endContainer: last.node, endOffset: index + found.length - last.start },
    });
  }
}

export class Marks {
  #box;
  #pattern = null;

  constructor(box) {
    this.#box = box;
    new MutationObserver(() => this.#mark()).observe(box, { childList: true, characterData: true, subtree: true });
  }

  /** The words to mark; none for an empty text. */
  set words(words) {
    if (!("highlights" in CSS)) return;
    this.#pattern = words === "" ? null : new RegExp(escaped(words), "gi");
    this.#mark();
  }

  #mark() {
    CSS.highlights?.delete("found");
    if (this.#pattern === null) return;
    const found = new Highlight();
    for (const line of this.#box.querySelectorAll(".line > span")) {
      for (const range of rangesIn(line, this.#pattern)) {
        if (found.size === MOST) break;
        found.add(range);
      }
    }
    CSS.highlights.set("found", found);
  }
}
