import { expect, it } from "vitest";
import css from "../../src/dashboard/assets/app/style/4-lists-and-run.css?raw";
import { RUN_EVENT_TYPES } from "../../src/db/enums.ts";

/** Events that are neither good nor bad for a run: their dots are grey. */
const NEUTRAL = [
  ...[
    "triggered",
    "queued",
    "prioritized",
    "dispatch-postponed",
    "released",
    "stop-requested",
    "stop-sent",
    "stop-acknowledged",
  ],
  ...["retried", "late-result", "batch-ended", "paused", "suspended", "answered", "signalled"],
];

it("each type of event has a colour in the events of a run, or is known to be neutral", () => {
  const coloured = [...css.matchAll(/\.timeline \.([\w-]+)/g)].map(([, name]) => name);
  const classes = RUN_EVENT_TYPES.map((type) => type.toLowerCase().replaceAll("_", "-"));
  expect([...coloured, ...NEUTRAL].toSorted()).toEqual(classes.toSorted());
});
