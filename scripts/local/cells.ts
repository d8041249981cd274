/**
 * The cells of a service, and the choice of one or all of them by `--cell NAME` and `--all`. For each cell, `cells.json` has its name, its
 * URL, its environment in wrangler.toml, and the names of the operator's environment variables that have its secrets. The file itself has
 * no secret: docs/scale.md.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { isLoopback } from "../../src/base/loopback.ts";
import { CELL } from "../../src/config.ts";
import { describeTarget, readDirectUrl } from "./direct-connection.ts";
import { root } from "./folders.ts";
import { redact, rootMessage } from "./redact.ts";

export type Cell = {
  name: string;
  url: string;
  /** The environment of wrangler.toml; empty for its top level. */
  env: string;
  /** What the scripts use in place of `process.env`. A secret whose variable is not set is undefined. */
  vars: NodeJS.Dict<string>;
  /** By the name of a secret: the name of the environment variable that has it. */
  secrets: Readonly<Record<string, string>>;
};

/** For `parseArgs` in the scripts that can choose a cell. */
export const CELL_OPTIONS = { cell: { type: "string" }, all: { type: "boolean", default: false } } as const;

export const CELL_HELP = `  --cell NAME    the cell of this name in cells.json, whose secrets are in the variables that cells.json names
  --all          all cells of cells.json, one after another`;

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;

const isAddress = (text: string): boolean => {
  // A comma separates the cells in CELLS.
  if (!URL.canParse(text) || text.includes(",")) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  return isSafe && search + hash + username === "";
};

// The messages do not repeat the value, since it may be a secret that somebody wrote in place of the name of a variable.
const cellSchema = z.strictObject({
  name: z.string().regex(CELL, "must be three lower-case letters or digits"),
  url: z
    .string()
    .refine(isAddress, "must be the https URL of the cell")
    .transform((url) => url.replace(/\/+$/, "")),
  env: z
    .string()
    .regex(/^[a-z0-9-]*$/, 'must be the name of an [env.…] of wrangler.toml, or "" for its top level')
    .optional(),
  secrets: z
    .record(
      z.string().regex(VARIABLE, "must be the name of a setting, such as DATABASE_URL"),
      z
        .string()
        .regex(
          VARIABLE,
          "must be the name of an environment variable, such as EU1_DATABASE_URL, and not the secret itself",
        ),
    )
    .refine((secrets) => "DATABASE_URL" in secrets, "must name the variable that has DATABASE_URL"),
});

const fileSchema = z
  .strictObject({ cells: z.array(cellSchema).min(1, "must have at least one cell") })
  .superRefine(({ cells }, context) => {
    const unique = {
      name: cells.map(({ name }) => name),
      url: cells.map(({ url }) => url),
      env: cells.map(({ name, env = name }) => env),
      "secrets.DATABASE_URL": cells.map(({ secrets }) => secrets.DATABASE_URL),
    };
    for (const [path, values] of Object.entries(unique)) {
      const twice = values.findIndex((value, index) => values.slice(0, index).some((earlier) => earlier === value));
      if (twice >= 0)
        context.addIssue({ code: "custom", path: ["cells", twice, path], message: "is that of another cell, too" });
    }
  });

const cellsFile = () => process.env.CELLS_FILE || join(root, "cells.json");

/**
 * The cells of `cells.json`, in its order; null when there is no such file.
 * @throws Error with a line for each fault of the file
 */
export function readCells(file: string = cellsFile(), environment: NodeJS.Dict<string> = process.env): Cell[] | null {
  if (!existsSync(file)) return null;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Error(`${file} is not JSON.`);
  }
  const result = fileSchema.safeParse(content);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `  ${path.join(".") || "the file"}: ${message}`);
    throw new Error(`${file} is not as expected. docs/scale.md has an example.\n${faults.join("\n")}`);
  }
  const CELLS = result.data.cells.map(({ name, url }) => `${name}=${url}`).join(",");
  return result.data.cells.map(({ name, url, env = name, secrets }) => {
    const known = Object.entries(secrets).map(([setting, variable]) => [setting, environment[variable] || undefined]);
    const vars = { PUBLIC_URL: url, CELL: name, CELLS, ...Object.fromEntries(known) };
    return { name, url, env, secrets, vars };
  });
}

/** The cells that the options name. Null without options: then the settings are those of the environment. */
export function chooseCells({ cell, all }: { cell?: string | undefined; all?: boolean }): Cell[] | null {
  if (cell === undefined && !all) return null;
  if (cell !== undefined && all) throw new Error("Say either --cell NAME or --all.");
  const cells = readCells();
  if (cells === null) throw new Error(`There is no ${cellsFile()}. docs/scale.md says what is in it.`);
  if (all) return cells;
  const chosen = cells.filter(({ name }) => name === cell);
  if (chosen.length === 0)
    throw new Error(`cells.json has no such cell. It has ${cells.map(({ name }) => name).join(", ")}.`);
  return chosen;
}

/**
 * For a Worker beside the cells, such as staging, that its environment in wrangler.toml names.
 * @throws Error when that is a cell
 */
export function requireNoCell(env: string): void {
  const owner = readCells()?.find((one) => one.env === env);
  if (owner) throw new Error(`That is the cell ${owner.name}: say --cell ${owner.name}.`);
}

/**
 * Makes sure that the cells have these secrets. If DATABASE_URL is among them, also that no two cells have the same database.
 * @throws Error that names all variables that are missing
 */
export function requireSecrets(cells: readonly Cell[], names: readonly string[]): void {
  const missing = cells.flatMap(({ name, vars, secrets }) =>
    names
      .filter((secret) => vars[secret] === undefined)
      .map((secret) =>
        secret in secrets
          ? `${secrets[secret]} is not set, and cells.json names it as ${secret} of ${name}.`
          : `cells.json does not name the variable that has ${secret} of ${name}.`,
      ),
  );
  if (missing.length > 0) throw new Error(missing.join("\n"));
  if (names.includes("DATABASE_URL")) requireOwnDatabases(cells);
}

function requireOwnDatabases(cells: readonly Cell[]): void {
  const databases = cells.map(({ vars }) => describeTarget(readDirectUrl(vars)));
  const twice = databases.findIndex((database, index) => databases.indexOf(database) < index);
  const first = cells[databases.indexOf(databases[twice] ?? "")];
  if (twice >= 0)
    throw new Error(`${cells[twice]?.name} and ${first?.name} have the same database. A cell has one of its own.`);
}

/**
 * The settings of the one cell in which a tenant lives. Without cells.json, those of the environment.
 * @throws Error when the options do not name a cell
 */
export function varsOfTenantsCell(options: { cell?: string | undefined; all: boolean }): NodeJS.Dict<string> {
  if (options.all) throw new Error("A tenant lives in one cell: say in which one, --cell NAME.");
  const cells = chooseCells(options);
  if (cells === null && readCells() !== null) {
    throw new Error("cells.json names cells, and a tenant lives in one of them: say in which one, --cell NAME.");
  }
  requireSecrets(cells ?? [], ["DATABASE_URL"]);
  return cells?.[0]?.vars ?? process.env;
}

/**
 * Calls `work` with the settings of each cell that the options name, one after another; without options, with those of the environment.
 * `secrets` are what it needs. `done` says in one word what a cell is then.
 * @throws Error at the first failure, which says how far each cell has come
 */
export async function inEachCell(
  options: { cell?: string | undefined; all: boolean },
  { secrets, done }: { secrets: readonly string[]; done: string },
  work: (vars: NodeJS.Dict<string>) => Promise<void>,
): Promise<void> {
  const cells = chooseCells(options);
  if (cells === null) return work(process.env);
  requireSecrets(cells, secrets);
  const next = () => "Repair the cause, and run the command again. What is done is not done twice.";
  const words = { done, failed: `not ${done}`, next };
  await new Progress(cells, "not looked at").through(cells, words, ({ vars }) => work(vars));
}

/** Remembers how far each cell has come, for the message when one of them fails. */
export class Progress {
  readonly #stands: Map<Cell, string>;

  constructor(cells: readonly Cell[], atFirst: string) {
    this.#stands = new Map(cells.map((cell) => [cell, atFirst]));
  }

  /**
   * Calls `work` for one cell after another, and ends at the first failure.
   * @throws Error that says what has failed, how far each cell has come, and what to do `next`
   */
  async through(
    cells: readonly Cell[],
    { done, failed, next }: { done: string; failed: string; next: (cell: Cell) => string },
    work: (cell: Cell) => Promise<void>,
  ): Promise<void> {
    for (const cell of cells) {
      if (this.#stands.size > 1) console.log(`\n${cell.name}, ${cell.url}`);
      try {
        await work(cell);
      } catch (error) {
        this.#stands.set(cell, failed);
        const stands = [...this.#stands].map(([{ name }, stand]) => `  ${name}  ${stand}`).join("\n");
        throw new Error(`${redact(rootMessage(error))}\n\nWhere the cells are:\n${stands}\n${next(cell)}`);
      }
      this.#stands.set(cell, done);
    }
  }
}
