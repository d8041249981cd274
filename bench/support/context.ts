import type { Server } from "./postgres.ts";
import type { Report } from "./report.ts";

/** How long `week-one` lasts, and how much it does. */
export type WeekSetting = {
  minutes: number;
  tenants: number;
  /** Runs a second of each tenant. */
  rate: number;
  /** The requests a second that the database takes. */
  limit: number;
};

export type Context = {
  /** Uses small sizes and short rounds, to test that everything works. The figures then mean nothing. */
  quick: boolean;
  rounds: number;
  week: WeekSetting;
  /** The Postgres server. It is started when a part first asks for it. */
  server(): Promise<Server>;
  progress(text: string): void;
  /** Writes a file beside RESULTS.md. */
  write(path: string, text: string): void;
  /** Writes a file into `.local/bench/`, which is not part of the repository. */
  writeLocally(path: string, text: string): void;
};

export type Part = (context: Context) => Promise<Report>;
