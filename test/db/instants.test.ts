import { expect, it } from "vitest";
import { startService } from "../support/service.ts";

const service = await startService();

it("an instant reads the same before it is stored and after it, to the millisecond", async () => {
  const [row] = await service.database.sql`
    select public.wire_instant(at) as before, public.wire_instant(at::timestamptz(3)) as after
    from (values (timestamptz '2026-01-31 12:00:00.469600+00')) given (at)`;
  expect(row).toEqual({ before: "2026-01-31T12:00:00.470Z", after: "2026-01-31T12:00:00.470Z" });
});
