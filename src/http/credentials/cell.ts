/**
 * A cell is one deployment of everything: Worker, objects, cron and database. A tenant lives in one cell. Its credentials name the
 * cell, so a request that reaches another one is told where to go, before anything is looked up.
 */
import type { Config } from "../../config.ts";
import { Problem } from "../problems.ts";

const CELL_OF_KEY = /^wr_([a-z0-9]{3})_/;

/** The cell that an API key names; undefined for a key that names none, such as the demo keys. */
export const cellOfKey = (key: string): string | undefined => CELL_OF_KEY.exec(key)?.[1];

/**
 * Refuses what another cell has made. What names no cell is accepted, such as a token of a login service.
 * @throws Problem `misdirected`, with the URL of that cell as `Location` when CELLS has it
 */
export function requireCell({ cell: own, cells }: Pick<Config, "cell" | "cells">, named: string | undefined): void {
  if (named === undefined || named === own) return;
  const url = cells.get(named);
  throw new Problem(
    "misdirected",
    `This is of another cell of the service. ${url ? `Send the request to ${url}.` : "Send the request to the address that you got with it."}`,
    url ? { Location: url } : {},
  );
}
