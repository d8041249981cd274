/** The small changes of SQL that `npm run mutants` draws leave SQL that Postgres takes. */
import { expect, it } from "vitest";
import { applied, draw, findMutants } from "../../scripts/mutants/draw.ts";
import { createDatabase } from "../support/database.ts";
import { SQL_FILES } from "../support/sql-function.ts";

it("small changes of SQL functions are taken by Postgres", async () => {
  const { sql } = await createDatabase();
  const files = Object.entries(SQL_FILES).map(([path, text]) => ({ path, text }));
  const drawn = draw(findMutants(files), 100, 1);
  const refusals = await Promise.all(
    drawn.map(async (mutant) => {
      const text = applied(SQL_FILES[mutant.path] ?? "", [mutant]);
      // The exception undoes it.
      const statement = `do $try$ begin execute $text$${text}$text$; raise exception 'taken'; end $try$`;
      const message = await sql.query(statement).then(String, ({ message }: Error) => message);
      return message === "taken" ? [] : [`${mutant.path}:${mutant.line}: ${message}\n${mutant.linesAfter}`];
    }),
  );
  expect(refusals.flat()).toEqual([]);
});
