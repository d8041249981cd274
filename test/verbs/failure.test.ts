/** What is kept of a failed statement: the names that Postgres says, and no value. */
import { expect, it } from "vitest";
import { describeFailure } from "../../src/verbs/failure.ts";
import { createDatabase } from "../support/database.ts";
import { createTenant } from "../support/tenant.ts";

const database = await createDatabase();

const failureOf = async (text: string, values: unknown[] = []) =>
  describeFailure(await database.sql.query(text, values).catch((error: unknown) => error));

it.each([
  ["plain", "secret"],
  ["an object", '{"token":"secret"}'],
  ["one quote", 'a"secret'],
  ["names and values in turn", '"id" secret "id"'],
  ["several lines", 'a\n"secret"\n'],
])("keeps nothing of a value that is %s", async (_, value) => {
  expect(await failureOf("select $1::text::uuid", [value])).toEqual({
    sqlstate: "22P02",
    message: 'invalid input syntax for type uuid: "…"',
  });
});

it("keeps nothing of a value in single quotes", async () => {
  expect(await failureOf("select make_timestamptz(2026, 1, 1, 0, 0, 0, $1)", ["it's secret"])).toMatchObject({
    message: expect.not.stringMatching(/secret/),
  });
});

it("keeps the names of the table, the column and the constraint", async () => {
  const { id } = await createTenant(database);
  expect(await failureOf("update tenants set name = null where id = $1", [id])).toMatchObject({
    message: 'null value in column "name" of relation "tenants" violates not-null constraint',
  });
});
