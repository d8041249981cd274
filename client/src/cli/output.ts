import process from "node:process";
import { styleText } from "node:util";

export type Mode = "people" | "json" | "quiet";

type Style = Parameters<typeof styleText>[0];
type Row = Readonly<Record<string, string>>;

/** Prints a line of the command's result to stdout. Everything else goes to stderr, so that the output can be piped. */
export const print = (text: string): boolean => process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
export const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** Colours are used on a terminal, unless NO_COLOR is set. */
const hasColors = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && !process.env.NO_COLOR;

export const paint = (style: Style, text: string): string =>
  hasColors(process.stdout) ? styleText(style, text, { validateStream: false }) : text;

const STATES: Record<string, Style> = { COMPLETED: "green", FAILED: "red", RUNNING: "cyan", PENDING: "yellow" };

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
): void {
  if (mode === "json") print(JSON.stringify(items, null, 2));
  else if (mode === "quiet") process.stdout.write(items.map((item) => `${idOf(item)}\n`).join(""));
  else if (items.length === 0) say("There are none.");
  else print(table(items.map(rowOf)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of colours, which take no room.
const COLOR = /\u001b\[\d+m/g;
const widthOf = (text: string): number => text.replace(COLOR, "").length;
const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => widthOf(row[name] ?? ""))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  const head = paint("bold", line(names.map((name) => name.toUpperCase())));
  return [head, ...rows.map((row) => line(names.map((name) => row[name] ?? "")))].join("\n");
}

/** Formats names and values in two columns. Null values are left out. */
export function facts(values: Readonly<Record<string, string | number | null | undefined>>): string[] {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = Math.max(...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${paint("bold", name.padEnd(width))}  ${oneLine(String(value))}`);
}

/** Makes control characters visible, so that text from others cannot move the cursor or change colours. */
export const harmless = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are meant.
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) =>
    char === "\r" ? "" : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );

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

/** Shows on stderr what the command waits for, and for how long. It shows nothing when stderr is not a terminal. */
export function startProgress(read: () => { state: string; note: string }): { stop(): void } {
  if (process.stderr.isTTY !== true) return { stop: () => {} };
  const began = Date.now();
  const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
  let frame = 0;
  const draw = () => {
    frame = (frame + 1) % frames.length;
    const { state, note } = read();
    const text = `${frames[frame]} ${state}  ${duration((Date.now() - began) / 1000)}  ${note}`.trimEnd();
    // The text is cut to the width of the terminal, because a line that wraps cannot be overwritten.
    process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
  };
  const timer = setInterval(draw, 100);
  draw();
  return {
    stop() {
      clearInterval(timer);
      process.stderr.write("\r\u001b[K");
    },
  };
}
