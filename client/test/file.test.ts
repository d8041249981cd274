import { expect, it } from "vitest";
import { readFile } from "../src/cli/as-code/file.ts";
import schema from "../workflows.schema.json" with { type: "json" };

const read = (endsAt: string) =>
  readFile(
    "workflows.yaml",
    `workflows:
  /workflows/One:
    triggers:
      Daily: { schedule: { cron: "0 6 * * *", time_zone: UTC, ends_at: ${endsAt} } }
`,
    schema,
  ).workflows[0]?.triggers[0]?.fields.schedule;

it("takes instants with an offset, as the service does, and writes them as it does", () => {
  expect(read("2030-03-01T00:00Z")).toMatchObject({ ends_at: "2030-03-01T00:00:00.000Z" });
  expect(read("2032-02-29T12:00:00.5+01:00")).toMatchObject({ ends_at: "2032-02-29T11:00:00.500Z" });
  expect(read("null")).toMatchObject({ ends_at: null });
});

it.each(["2030-03-01T00:00", "2030-03-01", "March 7", "2030-02-30T00:00Z", "2030-03-01T25:00Z"])(
  "refuses %s with its place, since it would mean another instant on each machine or none",
  (text) => {
    expect(() => read(text)).toThrow(
      /^workflows\.yaml:4:72: triggers\.Daily\.schedule\.ends_at: Must be an instant with its offset/,
    );
  },
);
