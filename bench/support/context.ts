import type { Server } from "./postgres.ts";
import type { Report } from "./report.ts";

export type Context = {
  /** Uses small sizes and short rounds, to test that everything works. The figures then mean nothing. */
  quick: boolean;
  rounds: number;
  /** The Postgres server. It is started when a part first asks for it. */
  server(): Promise<Server>;
  progress(text: string): void;
  /** Writes a file beside RESULTS.md. */
  write(path: string, text: string): void;
  /** Writes a file into `.local/bench/`, which is not part of the repository. */
  writeLocally(path: string, text: string): void;
};

export type Part = (context: Context) => Promise<Report>;
