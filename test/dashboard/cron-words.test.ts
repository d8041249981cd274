import { expect, it } from "vitest";
import { describeSchedule } from "../../src/dashboard/triggers/schedule/cron-words.ts";

it.each([
  ["* * * * *", "Every minute."],
  ["*/15 * * * *", "Every 15 minutes."],
  ["*/7 * * * *", "Every hour at the minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56."],
  ["30 * * * *", "Every hour at minute 30."],
  ["0 */6 * * *", "Every 6 hours at minute 0."],
  ["0 6 * * *", "At 06:00, every day."],
  ["0 6 * * 1-5", "At 06:00, on Monday to Friday."],
  ["0 6,18 * * sat-sun", "At 06:00 and 18:00, on Saturday and Sunday."],
  ["0 6 * * 0", "At 06:00, on Sunday."],
  ["*/10 9-17 * * mon-fri", "Every 10 minutes in the hours 9 to 17, on Monday to Friday."],
  ["* 9 * * *", "Every minute in the hour 9."],
  ["0,30 8-12 * * *", "At the minutes 0 and 30 in the hours 8 to 12, every day."],
  ["0 0 1 * *", "At 00:00, on day 1 of the month."],
  ["0 0 1,15 jan-mar *", "At 00:00, on the days 1 and 15 of the month, in January to March."],
  ["0 0 1 * mon", "At 00:00, on day 1 of the month, and on Monday."],
  ["30 6 * 12 *", "At 06:30, in December."],
])("the schedule %s is described as: %s", (cron, words) => {
  expect(describeSchedule({ cron, at: null })).toBe(words);
});

it("a schedule that fires once, and one that is not right, are described as such", () => {
  expect(describeSchedule({ cron: null, at: "2030-03-01T06:00" })).toBe("Once.");
  expect(describeSchedule({ cron: "99 * * * *", at: null })).toBe(null);
});
