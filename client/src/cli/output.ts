import process from "node:process";
import { styleText } from "node:util";

export type Mode = "people" | "json" | "quiet";

type Style = Parameters<typeof styleText>[0];
type Row = Readonly<Record<string, string>>;

/** Prints a line of the command's result to stdout. Everything else goes to stderr, so that the output can be piped. */
export const print = (text: string): boolean => process.stdout.write(harmlessLine(text));
export const say = (text: string): boolean => process.stderr.write(harmlessLine(text));

/** True for a terminal that knows escape sequences. Those that do not, such as the shell of Emacs, set TERM to "dumb". */
export const knowsEscapes = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && process.env.TERM !== "dumb";

/** Colours are used on a terminal, unless NO_COLOR is set. */
const hasColors = (stream: NodeJS.WriteStream): boolean => knowsEscapes(stream) && !process.env.NO_COLOR;

export const paint = (style: Style, text: string): string =>
  hasColors(process.stdout) ? styleText(style, text, { validateStream: false }) : text;

export const plural = (count: number, name: string, many = `${name}s`): string =>
  `${count} ${count === 1 ? name : many}`;

const STATES: Record<string, Style> = {
  COMPLETED: "green",
  FAILED: "red",
  RUNNING: "cyan",
  PENDING: "yellow",
  SUSPENDED: "yellow",
};

export const paintState = (state: string): string => paint(STATES[state] ?? "reset", state);

/** Prints one object of the API: as JSON for programs, only its id, or as lines for people. */
export function printOne(mode: Mode, value: object, id: string, lines: () => readonly string[]): void {
  if (mode === "json") print(JSON.stringify(value, null, 2));
  else if (mode === "quiet") print(id);
  else print(lines().join("\n"));
}

/** Prints a list of the API: as JSON for programs, only the ids, or as a table for people. */
export function printList<Item extends object>(
  mode: Mode,
  items: readonly Item[],
  idOf: (item: Item) => string,
  rowOf: (item: Item) => Row,
  none = "There are none.",
): void {
  if (mode === "json") print(JSON.stringify(items, null, 2));
  else if (mode === "quiet") process.stdout.write(items.map((item) => `${idOf(item)}\n`).join(""));
  else if (items.length === 0) say(none);
  else print(table(items.map(rowOf)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of colours, which take no room.
const COLOR = /(\u001b\[\d+m)/g;
const widthOf = (text: string): number => text.replace(COLOR, "").length;
const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  // A name with a line break must not look like a row of its own.
  const cellOf = (row: Row, name: string) => (row[name] ?? "").replace(/\s+/g, " ");
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => widthOf(cellOf(row, name)))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  const head = paint("bold", line(names.map((name) => name.toUpperCase())));
  return [head, ...rows.map((row) => line(names.map((name) => cellOf(row, name))))].join("\n");
}

/** Formats names and values in two columns. Null values are left out. */
export function facts(values: Readonly<Record<string, string | number | null | undefined>>): string[] {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = Math.max(...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${paint("bold", name.padEnd(width))}  ${oneLine(String(value))}`);
}

/**
 * What moves the cursor, changes colours, or turns text round: control characters (C0 without tab and line feed, DEL, C1), line
 * and paragraph separators, and the characters of bidirectional text (https://www.unicode.org/reports/tr9/).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are meant.
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export const isHarmless = (text: string): boolean => text.search(HARMFUL) === -1;

/** Makes harmful characters visible, in the way in which JSON writes them: text that is JSON keeps its value. */
export const harmless = (text: string): string =>
  text.replace(HARMFUL, (char) => (char === "\r" ? "" : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`));

/** The same for a whole line, which keeps its colours. Text from others has to lose its own before, by {@link harmless}. */
function harmlessLine(text: string): string {
  const line = text
    .split(COLOR)
    .map((part, index) => (index % 2 === 1 ? part : harmless(part)))
    .join("");
  return line.endsWith("\n") ? line : `${line}\n`;
}

/** The date and the time here, of an instant of the API: `2026-01-31 12:00`. */
export function instantOf(at: string): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const NUMERIC: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
};

/** The same on the clock of a time zone. Empty when this machine does not know the zone. */
export function instantIn(timeZone: string, at: string): string {
  try {
    const format = new Intl.DateTimeFormat("en-GB", { ...NUMERIC, timeZone });
    const { year, month, day, hour, minute } = Object.fromEntries(
      format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]),
    );
    return `${year}-${month}-${day} ${hour}:${minute}`;
  } catch (error) {
    if (error instanceof RangeError) return "";
    throw error;
  }
}

/** The time of day here, of an instant of the API. */
export const timeOf = (at: string): string => new Date(at).toTimeString().slice(0, 8);

const oneLine = (text: string): string => text.replaceAll("\n", "\n  ");

export const ago = (at: string): string => {
  const seconds = Math.max(0, (Date.now() - Date.parse(at)) / 1000);
  return `${duration(seconds)} ago`;
};

/** The two largest units, without zeros: `2 h 5 min`, `5 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/**
 * Shows on stderr what the command waits for, and for how long, ten times a second and at each `draw`. It shows nothing when stderr is not a
 * terminal, or a dumb one.
 */
export function startProgress(read: () => { state: string; note: string }): { draw(): void; stop(): void } {
  if (!knowsEscapes(process.stderr)) return { draw: () => {}, stop: () => {} };
  const began = Date.now();
  const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
  let frame = 0;
  const draw = () => {
    frame = (frame + 1) % frames.length;
    const { state, note } = read();
    const waited = duration((Date.now() - began) / 1000);
    const text = harmless(`${frames[frame]} ${state}  ${waited}  ${note}`.replace(/\s/g, " ")).trimEnd();
    // The text is cut to the width of the terminal, because a line that wraps cannot be overwritten.
    process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
  };
  const timer = setInterval(draw, 100);
  draw();
  return {
    draw,
    stop() {
      clearInterval(timer);
      process.stderr.write("\r\u001b[K");
    },
  };
}
