/** The commands of `triggers` about its firings, past and to come. */
import process from "node:process";
import type { Command } from "commander";
import type { Backfill, Firing } from "../../types.ts";
import { NOT_DONE } from "../care.ts";
import { contextOf } from "../context.ts";
import { CliError } from "../exit.ts";
import { confirm, integer } from "../input.ts";
import { instant, laterInstant } from "../instants.ts";
import { facts, harmless, instantIn, instantOf, plural, printList, printOne, say } from "../output.ts";
import { firingRow, whyNot } from "../trigger-lines.ts";

/** A command on one trigger. */
export const ofTrigger = (
  triggers: Command,
  name: string,
  description: string,
  example = `workflow-runs triggers ${name} $TRIGGER`,
): Command =>
  triggers
    .command(name)
    .argument("<trigger>", "its id")
    .description(description)
    .addHelpText("after", `\nExample:\n  $ ${example}`);

export function addFirings(triggers: Command): void {
  ofTrigger(
    triggers,
    "fire",
    "Fire a trigger now, also while it is paused",
    "RUN=$(workflow-runs triggers fire $TRIGGER --quiet)",
  ).action(async (id: string, _, command: Command) => {
    const { client, mode } = contextOf(command);
    const firing = await client.fireTrigger(id);
    // Programs read why it did not fire from the firing itself.
    if (firing.outcome === "FIRED" || mode === "json") {
      printOne(mode, firing, firing.run_id ?? "", () => facts({ firing: firing.id, run: firing.run_id }));
    }
    if (firing.outcome !== "FIRED") throw new CliError(`It has not fired: ${whyNot(firing)}.`);
  });

  ofTrigger(triggers, "firings", "Show what became of each occasion, newest first")
    .option("--limit <n>", "how many at most", integer(1, 10_000), 20)
    .action(async (id: string, { limit }: { limit: number }, command: Command) => {
      const { client, mode } = contextOf(command);
      const found: Firing[] = [];
      for await (const firing of client.listFirings(id)) if (found.push(firing) >= limit) break;
      printList(mode, found, (firing) => firing.id, firingRow);
    });

  ofTrigger(
    triggers,
    "occurrences",
    "Show the instants of a trigger's schedule, here and on its own clock",
    "workflow-runs triggers occurrences $TRIGGER --limit 5",
  )
    .option("--from <when>", "the first may be this one: a date, or how long from now; by default now", laterInstant)
    .option("--to <when>", "all are before it: a date, or how long from now, such as 7d", laterInstant)
    .option("--limit <n>", "how many at most", integer(1, 500), 20)
    .action(async (id: string, flags: { from?: string; to?: string; limit: number }, command: Command) => {
      const { client, mode } = contextOf(command);
      const [{ schedule }, { items, time_zone_data: data }] = await Promise.all([
        client.getTrigger(id),
        client.readOccurrences(id, flags),
      ]);
      const zone = harmless(schedule?.time_zone ?? "UTC");
      printList(
        mode,
        items,
        ({ at }) => at,
        ({ at }) => ({ here: instantOf(at), [zone]: instantIn(zone, at) }),
      );
      // A service of before does not say it.
      if (mode === "people" && data) say(`Computed by the time-zone data ${data}.`);
    });

  ofTrigger(
    triggers,
    "backfill",
    "Fire a trigger for the instants of the past that have not fired; the runs wait for their turns",
    "workflow-runs triggers backfill $TRIGGER --from 2026-01-01 --to 2026-02-01 --dry-run",
  )
    .requiredOption("--from <when>", "the first may be this one: 2026-01-31, 2026-01-31T12:00Z, or 24h ago", instant)
    .requiredOption("--to <when>", "all are before it, and it is not in the future", instant)
    .option("--dry-run", "fire nothing, and only show for which instants it would")
    .option("-y, --yes", "do not ask on a terminal")
    .action(
      async (id: string, flags: { from: string; to: string; dryRun?: boolean; yes?: boolean }, command: Command) => {
        const { client, mode } = contextOf(command);
        const { from, to, dryRun = false, yes = false } = flags;
        // Elsewhere nobody can be asked, and scripts of before do not say --yes.
        if (!dryRun && !yes && process.stdin.isTTY === true) {
          const { items } = await client.backfill(id, { from, to, dry_run: true });
          const runs = plural(items.length, "instant");
          if (items.length > 0 && !(await confirm(`This fires the trigger for ${runs}. Do it?`))) {
            throw new CliError("Nothing was fired.");
          }
        }
        const answer = await client.backfill(id, { from, to, dry_run: dryRun });
        const { items, fired, refused } = answer;
        printOne(mode, answer, String(dryRun ? items.length : fired), () => backfillLines(answer, dryRun));
        if (mode === "people" && dryRun) say(NOT_DONE);
        if (refused === null) return;
        const at = refused.scheduled_at === null ? "" : ` for ${instantOf(refused.scheduled_at)}`;
        throw new CliError(`The firing${at} was refused, and those after it were not tried: ${whyNot(refused)}.`);
      },
    );
}

function backfillLines({ items, fired }: Backfill, isDryRun: boolean): string[] {
  if (items.length === 0) return ["There is no instant that has not fired."];
  const first = isDryRun ? `It would fire for ${items.length}:` : `It has fired for ${fired} of ${items.length}:`;
  const shown = isDryRun ? items : items.slice(0, fired);
  return [first, ...shown.map(({ at }) => `  ${instantOf(at)}`)];
}
