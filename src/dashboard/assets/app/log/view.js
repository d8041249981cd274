// Shows the lines of a log in a box of a fixed height. Only the lines near those that are visible are elements of the page: 100,000
// lines are blocks of 200, and a block that is far away is empty and as high as its lines. Lines that are selected stay.

const BLOCK = 200;
/** How far from the visible part blocks are filled, in pixels. */
const MARGIN = "600px";
/** An estimate of the height of a line, in pixels, until a line was shown. */
const FIRST_LINE_HEIGHT = 20;
/** How much of the first line stays visible when the layout changes, in pixels. */
const LEAST_VISIBLE = 4;

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function textBetween(from, fromOffset, to, toOffset) {
  const range = new Range();
  range.setStart(from, fromOffset);
  range.setEnd(to, toOffset);
  return range.toString();
}

/** The node for a part of a line: a text, in an element if the part has a colour. */
function partOf({ text, classes }) {
  const node = document.createTextNode(text);
  if (classes === "") return node;
  const span = document.createElement("span");
  span.className = classes;
  span.append(node);
  return span;
}

export class View {
  #box;
  #lines;
  /** The indexes of the lines that are shown, or null for all of them. */
  #found = null;
  #blocks = [];
  /** The place of each block in the list of blocks. */
  #places = new Map();
  #near = new Set();
  #lineHeight = FIRST_LINE_HEIGHT;
  #isFollowing = true;
  #marked = null;
  #observer;

  constructor(box, lines) {
    this.#box = box;
    this.#lines = lines;
    this.#observer = new IntersectionObserver((changes) => this.#see(changes), { root: box, rootMargin: MARGIN });
    document.addEventListener("copy", (event) => this.#copy(event));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      getSelection().selectAllChildren(box);
    });
  }

  get length() {
    return this.#found?.length ?? this.#lines.length;
  }

  get isAtEnd() {
    return this.#box.scrollTop + this.#box.clientHeight >= this.#box.scrollHeight - 8;
  }

  set isFollowing(value) {
    this.#isFollowing = value;
    this.#stayAtEnd();
  }

  /** Shows the lines with these indexes, or all of them when it is null, from the beginning. */
  show(found, lines) {
    if (lines !== this.#lines) this.#marked = null;
    this.#lines = lines;
    this.#found = found;
    for (const block of this.#blocks) this.#observer.unobserve(block);
    this.#near.clear();
    this.#places.clear();
    this.#blocks = [];
    this.#box.replaceChildren();
    this.update(0);
  }

  /** Shows what is new from the given place in the list of shown lines on. Elements of lines before it are left alone. */
  update(from) {
    const count = Math.ceil(this.length / BLOCK);
    while (this.#blocks.length < count) {
      const block = document.createElement("div");
      this.#places.set(block, this.#blocks.length);
      this.#blocks.push(block);
      this.#box.append(block);
      this.#observer.observe(block);
    }
    for (let i = Math.floor(from / BLOCK); i < count; i++) {
      const block = this.#blocks[i];
      if (this.#near.has(block) || i === count - 1 || block.firstChild) this.#fill(block, from - i * BLOCK);
      else block.style.height = `${this.#sizeOf(block) * this.#lineHeight}px`;
    }
    this.#stayAtEnd();
  }

  /** Carries out a change of the layout. The first visible line stays where it is, unless the end is followed. */
  lay(change) {
    const top = this.#box.getBoundingClientRect().top;
    const line = [...this.#box.querySelectorAll(".line")].find((one) => one.getBoundingClientRect().bottom > top);
    const offset = line === undefined ? 0 : line.getBoundingClientRect().top - top;
    change();
    for (const block of this.#blocks) {
      if (!block.firstChild) block.style.height = `${this.#sizeOf(block) * this.#lineHeight}px`;
    }
    if (line !== undefined) {
      // A line that was half out of sight may be much shorter now.
      const kept = Math.max(offset, LEAST_VISIBLE - line.offsetHeight);
      this.#box.scrollTop += line.getBoundingClientRect().top - this.#box.getBoundingClientRect().top - kept;
    }
    this.#stayAtEnd();
  }

  /** Marks a line and scrolls to it. */
  mark(index) {
    this.#box.querySelector(".marked")?.classList.remove("marked");
    this.#marked = index;
    const place = this.#found?.indexOf(index) ?? index;
    const block = this.#blocks[Math.floor(place / BLOCK)];
    if (block === undefined) return;
    this.#fill(block);
    const line = block.children[place % BLOCK];
    line?.classList.add("marked");
    line?.scrollIntoView({ block: "center" });
  }

  #startOf(block) {
    return this.#places.get(block) * BLOCK;
  }

  #sizeOf(block) {
    return Math.min(BLOCK, this.length - this.#startOf(block));
  }

  /** Makes the elements of a block's lines, from the given line of the block on, if the block is not filled already. */
  #fill(block, from = block.childElementCount) {
    const start = this.#startOf(block);
    const size = this.#sizeOf(block);
    while (block.childElementCount > size) block.lastChild.remove();
    block.style.height = "";
    for (let i = Math.min(Math.max(0, from), block.childElementCount); i < size; i++) {
      const index = this.#found?.[start + i] ?? start + i;
      const line = block.children[i];
      if (line === undefined) block.append(this.#lineOf(index));
      else if (Number(line.firstChild.dataset.number) === index + 1) this.#write(line.lastChild, index);
      else line.replaceWith(this.#lineOf(index));
    }
  }

  #lineOf(index) {
    const line = document.createElement("div");
    line.className = index === this.#marked ? "line marked" : "line";
    const number = document.createElement("a");
    const at = this.#lines.at(index);
    number.href = `#L${index + 1}`;
    // A reader of the screen hears the text only. By keyboard one goes to a line by the field above the log.
    number.tabIndex = -1;
    number.ariaHidden = "true";
    number.dataset.number = index + 1;
    // When a log was cut before its first line, only the line that says so is shown. It has no time.
    if (at) [number.title, number.dataset.time] = [at, time.format(new Date(at))];
    line.append(number, document.createElement("span"));
    this.#write(line.lastChild, index);
    return line;
  }

  /**
   * Writes the parts of a line into its element. When a line has grown, only what is new is added, so what is selected in it stays
   * selected.
   */
  #write(element, index) {
    const parts = this.#lines.parts(index).filter(({ text }) => text !== "");
    // Without it, an empty line is missing in what a reader copies.
    if (parts.length === 0) {
      element.replaceChildren(document.createElement("br"));
      return;
    }
    for (const [i, part] of parts.entries()) {
      const node = element.childNodes[i];
      const isSame = node !== undefined && node.nodeName !== "BR" && (node.className ?? "") === part.classes;
      const known = isSame ? node.textContent : null;
      if (known === null || !part.text.startsWith(known)) {
        const fresh = partOf(part);
        if (node === undefined) element.append(fresh);
        else node.replaceWith(fresh);
      } else if (part.text !== known) {
        (node.firstChild ?? node).appendData(part.text.slice(known.length));
      }
    }
    while (element.childNodes.length > parts.length) element.lastChild.remove();
  }

  /** Empties blocks, except those in which something is selected. All heights are read before anything is changed. */
  #empty(blocks) {
    const empty = blocks.filter((block) => !this.#isSelected(block)).map((block) => [block, block.offsetHeight]);
    for (const [block, height] of empty) {
      block.style.height = `${height}px`;
      block.replaceChildren();
    }
  }

  #isSelected(block) {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(block, true);
  }

  /** Copies what is selected. The browser copies it itself, unless some of its lines are not elements of the page. */
  #copy(event) {
    const selection = getSelection();
    const range = selection.isCollapsed ? null : selection.getRangeAt(0);
    if (!range || !this.#box.contains(range.commonAncestorContainer)) return;
    if (this.#blocks.every((block) => block.firstChild || !this.#isSelected(block))) return;
    const first = this.#placeOf(range.startContainer);
    const last = this.#placeOf(range.endContainer);
    const texts = [];
    for (let place = first?.place ?? 0; place <= (last?.place ?? this.length - 1); place++) {
      texts.push(this.#lines.text(this.#found?.[place] ?? place));
    }
    // Of the last line only its beginning is selected, and of the first line only its end.
    if (last) texts[texts.length - 1] = textBetween(last.line, 0, range.endContainer, range.endOffset);
    if (first)
      texts[0] = textBetween(range.startContainer, range.startOffset, first.line, first.line.childNodes.length);
    event.clipboardData.setData("text/plain", texts.join("\n"));
    event.preventDefault();
  }

  /** The line that contains a node, and its place among those that are shown; null when no line contains it. */
  #placeOf(node) {
    const line = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest(".line");
    return line && { line, place: this.#startOf(line.parentElement) + [...line.parentElement.children].indexOf(line) };
  }

  #see(changes) {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) this.#near.add(target);
      else this.#near.delete(target);
    }
    const last = this.#blocks.at(-1);
    this.#empty(this.#blocks.filter((block) => block.firstChild && block !== last && !this.#near.has(block)));
    for (const block of this.#near) this.#fill(block);
    const line = this.#box.querySelector(".line");
    if (line) this.#lineHeight = Math.min(this.#lineHeight, line.offsetHeight);
    this.#stayAtEnd();
  }

  #stayAtEnd() {
    if (this.#isFollowing) this.#box.scrollTop = this.#box.scrollHeight;
  }
}
