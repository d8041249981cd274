/** Shows the progress of files that are uploaded or downloaded. */
import type { Counter } from "./files.ts";
import { startProgress } from "./output.ts";

export type Transfer = {
  /** Call this when the transfer of the next file begins. */
  begin(name: string, bytes: number): Counter;
  stop(): void;
};

const BAR_LENGTH = 20;

/** On a terminal, shows a line with the current file, and a bar for all files, until `stop` is called. */
export function watchTransfer(what: string, files: readonly { bytes: number }[]): Transfer {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  let ofFile = 0;
  let name = "";
  let number = 0;
  const line = startProgress(() => {
    const share = total === 0 ? 1 : Math.min(1, (before + ofFile) / total);
    const filled = Math.round(share * BAR_LENGTH);
    const bar = "█".repeat(filled) + "░".repeat(BAR_LENGTH - filled);
    const percent = `${Math.floor(share * 100)} %`;
    return { state: what, note: `${bar} ${percent} of ${size(total)}  ${number}/${files.length} ${name}` };
  });
  return {
    begin(next) {
      before += ofFile;
      ofFile = 0;
      name = next;
      number++;
      line.draw();
      return {
        restart: () => {
          ofFile = 0;
        },
        add: (bytes) => {
          ofFile += bytes;
        },
      };
    },
    stop: line.stop,
  };
}

/** A number of bytes for people, in decimal units: `48 kB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"] as const;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}
