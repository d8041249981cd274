import type { Server } from "./postgres.ts";
import type { Report } from "./report.ts";

export type Context = {
  /** Small sizes and short rounds, to see that everything works; the figures mean nothing. */
  quick: boolean;
  rounds: number;
  /** What a part needs of Postgres. Started when a part first asks. */
  server(): Promise<Server>;
  progress(text: string): void;
  /** Writes a file beside RESULTS.md. */
  write(path: string, text: string): void;
  /** Writes a file into `.local/bench/`, which is not part of the repository. */
  writeLocally(path: string, text: string): void;
};

export type Part = (context: Context) => Promise<Report>;
