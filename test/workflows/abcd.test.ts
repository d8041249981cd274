import { expect, it } from "vitest";
import { ALLOWED_PART_TYPES } from "../../src/workflows/abcd.ts";
import { startService } from "../support/service.ts";

it("forms offer the types of parts that the database lets a workflow name", async () => {
  const { database } = await startService();
  const rows = await database.sql`select name, allowed from public.definition_fields()`;
  expect(Object.fromEntries(rows.map(({ name, allowed }) => [name, allowed]))).toEqual(ALLOWED_PART_TYPES);
});
