import { describe, expect, it } from "vitest";
import { startService } from "../support/service.ts";

const service = await startService();

describe.each([
  ["a run after a failed attempt, or after it was given back", "back_off_seconds", [5, 10, 20, 40, 80, 160, 300, 300]],
  ["a failed dispatch", "dispatch_delay_seconds", [5, 30, 120, 300, 600, 600]],
  ["a failed webhook of a stop", "stop_delay_seconds", [2, 4, 8, 16, 30, 30]],
  ["a failed notification", "notification_delay_seconds", [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]],
])("the pause of %s", (_, name, seconds) => {
  const pauses = (tries: number[], random: number) =>
    service.database.sql
      .query(`select public.${name}(tries, $1) as pause from unnest($2::int[]) tries`, [random, tries])
      .then((rows) => rows.map(({ pause }) => Number(pause)));

  it("grows with the number of tries up to the longest, in the middle", async () => {
    const tries = seconds.map((_seconds, i) => i + 1);
    expect(await pauses([...tries, 1000], 0.5)).toEqual([...seconds, seconds.at(-1)]);
  });

  it("is randomly shortened or extended by up to a fifth", async () => {
    const tries = seconds.map((_seconds, i) => i + 1);
    expect(await pauses(tries, 0)).toEqual(seconds.map((middle) => expect.closeTo(middle * 0.8)));
    expect(await pauses(tries, 1)).toEqual(seconds.map((middle) => expect.closeTo(middle * 1.2)));
  });
});

it("what a dispatch, a stop or a notification waits is that after the first try when no try was counted", async () => {
  const [row] = await service.database.sql`
    select public.dispatch_delay_seconds(0, 0.5) as dispatch, public.stop_delay_seconds(0, 0.5) as stop,
      public.notification_delay_seconds(0, 0.5) as notification`;
  expect(row).toEqual({ dispatch: 5, stop: 2, notification: 5 });
});
