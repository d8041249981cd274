// The colours of a terminal in the lines of a log: SGR sequences (ECMA-48, 8.3.117), such as `ESC [ 1 ; 31 m`. Each line is read from
// left to right once, whatever it contains. Every colour becomes one of 16 that can be read in both themes.

const ESCAPE = "\u001b";

/** An SGR sequence, or EL, which compilers and grep send after each: it clears the rest of a line that is empty here. */
const SEQUENCE = new RegExp(`${ESCAPE}\\[(?:([\\d;:]*)m|\\d?K)`, "g");

/** Control characters, except line breaks and tabs. Those that do not belong to a sequence are made visible. */
const CONTROL = /[^\P{Cc}\n\t]/gu;
const DELETE = 0x7f;

/** The same symbols as `picture` in `log-text.ts`. */
function picture(control) {
  const code = control.charCodeAt(0);
  if (code === DELETE) return "␡";
  return code < DELETE ? String.fromCharCode(0x2400 + code) : `\\x${code.toString(16)}`;
}

const show = (text) => text.replaceAll(CONTROL, picture);

/** The text of a line without its colours. */
export const withoutColours = (line) => show(line.replaceAll(SEQUENCE, ""));

export const PLAIN = Object.freeze({ text: null, ground: null, styles: Object.freeze([]) });

/** One of the 8 basic colours, by its share of red, green and blue, each from 0 to 255. */
function nearest(red, green, blue) {
  const most = Math.max(red, green, blue);
  const bit = (share) => (most > 60 && share > most * 0.6 ? 1 : 0);
  return bit(red) + 2 * bit(green) + 4 * bit(blue) + (most > 200 ? 8 : 0);
}

/** One of the 16 colours for a number from the palette of 256: 16 colours, a cube of 6 × 6 × 6, and 24 grays. */
function ofPalette(number) {
  if (number < 16) return number;
  if (number >= 232) return number < 244 ? 8 : 7;
  const share = (unit) => (Math.floor((number - 16) / unit) % 6) * 51;
  return nearest(share(36), share(6), share(1));
}

/** The colour that begins after a 38 or 48, and how many parameters it has. */
function longColour([kind, ...given]) {
  if (kind === 5) return { colour: ofPalette(Math.min(255, given[0] ?? 0)), length: 2 };
  if (kind === 2) return { colour: nearest(given[0] ?? 0, given[1] ?? 0, given[2] ?? 0), length: 4 };
  return { colour: null, length: 1 };
}

const STYLES = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "struck" };
const ENDS = { 22: ["bold", "dim"], 23: ["italic"], 24: ["underline"], 27: ["inverse"], 29: ["struck"] };

/** The state after a sequence with these parameters. */
function after(state, parameters) {
  const numbers = parameters.split(/[;:]/).map(Number);
  let next = state;
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i];
    if (code === 0) next = PLAIN;
    else if (code in STYLES) next = { ...next, styles: [...new Set([...next.styles, STYLES[code]])] };
    else if (code in ENDS) next = { ...next, styles: next.styles.filter((style) => !ENDS[code].includes(style)) };
    else if (code >= 30 && code <= 37) next = { ...next, text: code - 30 };
    else if (code >= 90 && code <= 97) next = { ...next, text: code - 82 };
    else if (code >= 40 && code <= 47) next = { ...next, ground: code - 40 };
    else if (code >= 100 && code <= 107) next = { ...next, ground: code - 92 };
    else if (code === 39) next = { ...next, text: null };
    else if (code === 49) next = { ...next, ground: null };
    else if (code === 38 || code === 48) {
      const { colour, length } = longColour(numbers.slice(i + 1, i + 5));
      if (colour !== null) next = { ...next, [code === 38 ? "text" : "ground"]: colour };
      i += length;
    }
  }
  return next;
}

const classesOf = ({ text, ground, styles }) =>
  [...styles, ...(text === null ? [] : [`text-${text}`]), ...(ground === null ? [] : [`ground-${ground}`])].join(" ");

/**
 * Reads a line that begins in the given state: its parts, each with its text and its CSS classes, and the state in which the next
 * line begins.
 */
export function readColours(line, state) {
  const parts = [];
  let now = state;
  let from = 0;
  const add = (to) => {
    if (to === from) return;
    const [text, classes] = [show(line.slice(from, to)), classesOf(now)];
    if (parts.at(-1)?.classes === classes) parts.at(-1).text += text;
    else parts.push({ text, classes });
  };
  for (const { index, 0: sequence, 1: parameters } of line.matchAll(SEQUENCE)) {
    add(index);
    from = index + sequence.length;
    if (parameters !== undefined) now = after(now, parameters);
  }
  add(line.length);
  return { parts, state: now };
}
