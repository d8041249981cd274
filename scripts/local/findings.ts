import type { Diagnosis, FailingRunner, StuckReason, StuckRuns } from "../../src/sweep/diagnosis.ts";
import type { OldSnapshot } from "../../src/sweep/old-snapshots.ts";
import { LATE_SECONDS } from "../../src/sweep/sweep-state.ts";
import type { SilentReason, SilentTriggers } from "../../src/triggers/silent-triggers.ts";
import { describeTries, nameSetAside } from "../../src/verbs/sweep-steps.ts";
import { type Comparison, describeLack } from "../migrate.ts";

/**
 * One line of the doctor's output: "good", "note" (a state that somebody chose) or "bad". A finding that is not good has advice
 * on what to do.
 */
export type Finding =
  | { mark: "good"; subject: string; text: string }
  | { mark: "note" | "bad"; subject: string; text: string; advice: string };

const MARKS: Record<Finding["mark"], string> = { good: "✓", note: "!", bad: "✗" };

/** Prints the findings, and returns how many of them are bad. */
export function printFindings(findings: readonly Finding[]): number {
  for (const finding of findings) {
    console.log(`${MARKS[finding.mark]} ${finding.subject.padEnd(16)} ${finding.text}`);
    if (finding.mark !== "good") console.log(`  ${"".padEnd(16)} → ${finding.advice}`);
  }
  return findings.filter(({ mark }) => mark === "bad").length;
}

/** While nothing is due, the cron sweeps once in this time: see docs/operations.md, "Durable Objects". */
const IDLE_SECONDS = 3600;

/** A sweep that began longer ago and has not ended must have died, since the next one begins after a minute. */
const DEAD_SECONDS = 120;

/** Several sweeps delete a million runs within some minutes. */
const SLOW_DELETION_SECONDS = 3600;

/** The findings for the diagnosis of a database. `knownKeyIds` are the keys of ENCRYPTION_KEY, if it is known. */
export function judge(diagnosis: Diagnosis, knownKeyIds: readonly string[] | undefined): Finding[] {
  return [
    judgeSweep(diagnosis.sweep),
    judgeOverdue(diagnosis.backlog),
    judgeDispatches(diagnosis.backlog),
    judgeDeletions(diagnosis.deletions),
    ...judgeSetAside(diagnosis.set_aside),
    ...judgeStuck(diagnosis.stuck),
    ...judgeTriggers(diagnosis.silent),
    ...judgeRunners(diagnosis.failing),
    ...judgeSnapshots(diagnosis),
    ...(knownKeyIds === undefined ? [] : [judgeSecrets(diagnosis.secrets, knownKeyIds)]),
  ];
}

function judgeSweep(sweep: Diagnosis["sweep"]): Finding {
  const { since_end, since_begin, since_pause, due_in_ms, timed_out, dispatched, lag_max_ms } = sweep;
  const subject = "last sweep";
  if (since_pause !== null) {
    const text = `Paused for ${time(since_pause)}: no run is timed out, and no dispatch is retried.`;
    return { mark: "note", subject, text, advice: "`npm run resume-sweep` ends it." };
  }
  const advice = "Is the Worker deployed with the cron trigger of wrangler.toml? Look for `sweep` in its logs.";
  if (since_end === null) return { mark: "bad", subject, text: "No sweep has ended yet.", advice };
  const ended = `The last one ended ${time(since_end)} ago`;
  if (since_begin !== null && since_begin > DEAD_SECONDS) {
    return { mark: "bad", subject, text: `${ended}; a later one has died.`, advice: "Look for its error in the logs." };
  }
  const isIdle = due_in_ms === null || due_in_ms > IDLE_SECONDS * 1000;
  if (isIdle && since_end > LATE_SECONDS && since_end <= IDLE_SECONDS + LATE_SECONDS) {
    return {
      mark: "good",
      subject,
      text: `${ended}. Nothing is due within the hour, so the cron sweeps once an hour.`,
    };
  }
  if (since_end > LATE_SECONDS) return { mark: "bad", subject, text: `${ended}.`, advice };
  const lag = lag_max_ms === null ? "" : ` (at most ${time(lag_max_ms / 1000)} late)`;
  return { mark: "good", subject, text: `${ended}: ${timed_out} timed out${lag}, ${dispatched} dispatched.` };
}

function judgeOverdue({ overdue, oldest_overdue }: Diagnosis["backlog"]): Finding {
  const subject = "overdue runs";
  if (oldest_overdue === null) return { mark: "good", subject, text: "None." };
  const text = `${overdue}, for up to ${time(oldest_overdue)}.`;
  if (oldest_overdue <= LATE_SECONDS) return { mark: "good", subject, text: `${text} The next sweep fails them.` };
  const advice = "Readers see them as FAILED already, but the runs behind them do not start. Repair the sweep first.";
  return { mark: "bad", subject, text, advice };
}

function judgeDispatches({ due, oldest_due, waiting_for_retry }: Diagnosis["backlog"]): Finding {
  const subject = "dispatches";
  const retries = waiting_for_retry === 0 ? "" : ` ${waiting_for_retry} wait for their next try.`;
  if (oldest_due === null) return { mark: "good", subject, text: `None is due.${retries}` };
  const text = `${due} are due, for up to ${time(oldest_due)}.${retries}`;
  if (oldest_due <= LATE_SECONDS) return { mark: "good", subject, text: `${text} The next sweep makes them.` };
  const advice =
    "Repair the sweep first. If it works, it sends dispatches more slowly than runs start: see docs/operations.md.";
  return { mark: "bad", subject, text, advice };
}

function judgeDeletions({ workflows, triggers, endpoints, runs, seconds }: Diagnosis["deletions"]): Finding {
  const subject = "deletions";
  if (seconds === null) return { mark: "good", subject, text: "Nothing is left of what was deleted." };
  const text = `Of ${workflows} deleted workflow(s), ${triggers} trigger(s) and ${endpoints} endpoint(s) something is left, with ${runs} runs, for up to ${time(seconds)}.`;
  if (seconds <= SLOW_DELETION_SECONDS) return { mark: "good", subject, text: `${text} The next sweeps delete it.` };
  const advice = "Nobody sees it any more. Repair the sweep first. If it works, something of this may be set aside.";
  return { mark: "bad", subject, text, advice };
}

function judgeSetAside(setAside: Diagnosis["set_aside"]): Finding[] {
  const subject = "set aside";
  if (setAside.length === 0) return [{ mark: "good", subject, text: "Nothing fails in a sweep." }];
  return setAside.map((aside) => {
    const { failures, seconds, seconds_left, sqlstate, message } = aside;
    const next = seconds_left > 0 ? `The next try is in ${time(seconds_left)}` : "The next sweep tries it again";
    const cause = [sqlstate, message].filter(Boolean).join(", ");
    const text = `${nameSetAside(aside)}: ${describeTries(failures, time(seconds))}. ${next}. ${cause}`;
    return { mark: "bad", subject, text, advice: "Look for `set aside` in the logs: see docs/operations.md." };
  });
}

type GroupWords = { mark: "note" | "bad"; text: string; advice: string };

const STUCK: Record<StuckReason, GroupWords> = {
  lost: {
    mark: "bad",
    text: "RUNNING, but neither accepted by a runner nor due to be dispatched",
    advice: "This should not happen. Stop and retry them, and report it with their events.",
  },
  "not promoted": {
    mark: "bad",
    text: "PENDING, although the slot is free",
    advice:
      "This should not happen. Invoke the workflow once more, which starts the first in the queue, and report it.",
  },
  paused: {
    mark: "note",
    text: "PENDING, because the workflow is paused",
    advice: "They start when its `is_active` is set to true.",
  },
  no_runner: {
    mark: "note",
    text: "PENDING, because the workflow has no runner",
    advice: "They start when its `runner_config` is set.",
  },
  lease: {
    mark: "note",
    text: "PENDING, because no runner has asked for them",
    advice: "They start when a runner leases them. Is one connected that may? The page of the workflow says so.",
  },
};

function judgeStuck(stuck: readonly StuckRuns[]): Finding[] {
  return judgeGroups("stuck runs", "None.", STUCK, stuck);
}

const SILENT: Record<SilentReason, GroupWords> = {
  overdue: {
    mark: "bad",
    text: "should have fired more than two minutes ago",
    advice: "Repair the sweep first. Then look for `schedule` and `fire` in the logs of the Worker.",
  },
  "not computed": {
    mark: "note",
    text: "have schedules that cannot be computed any more, and have handled no instant",
    advice: "Tell their tenants to change the schedules. `schedule` in the logs of the Worker says what is wrong.",
  },
  "paused itself": {
    mark: "note",
    text: "paused themselves, since their users lack rights or are no longer active",
    advice: "Tell their tenants: whoever may run the workflow resumes them, and they fire with these rights.",
  },
};

function judgeTriggers(silent: readonly SilentTriggers[]): Finding[] {
  return judgeGroups("triggers", "None is overdue, and none has paused itself.", SILENT, silent);
}

/** A finding for each group, by its reason, and `good` when there is none. */
function judgeGroups<Reason extends string>(
  subject: string,
  good: string,
  words: Record<Reason, GroupWords>,
  groups: readonly { reason: Reason; count: number; oldest: number; examples: string[] }[],
): Finding[] {
  if (groups.length === 0) return [{ mark: "good", subject, text: good }];
  return groups.map(({ reason, count, oldest, examples }) => {
    const { mark, text, advice } = words[reason];
    return { mark, subject, text: `${count} ${text}, for up to ${time(oldest)}: ${examples.join(", ")}.`, advice };
  });
}

function judgeRunners(failing: readonly FailingRunner[]): Finding[] {
  const subject = "runners";
  if (failing.length === 0) return [{ mark: "good", subject, text: "None fails." }];
  return failing.map(({ tenant_id, runner, runs, tries, last_reason }) => ({
    mark: "bad",
    subject,
    text: `${runner} of tenant ${tenant_id} has not accepted ${runs} run(s) in up to ${tries} tries. ${last_reason ?? ""}`,
    advice: "Tell its tenant. The runs are tried again until their deadlines.",
  }));
}

function judgeSnapshots({ snapshots, sees_all_sessions }: Diagnosis): Finding[] {
  const subject = "old snapshots";
  if (snapshots.length > 0)
    return snapshots.map((snapshot) => ({ mark: "bad", subject, ...describeSnapshot(snapshot) }));
  if (sees_all_sessions) return [{ mark: "good", subject, text: "None." }];
  const text = "None of this role's sessions. It does not see those of other roles.";
  return [{ mark: "note", subject, text, advice: "As the owner of the database: `grant pg_monitor to <role>`." }];
}

function describeSnapshot({ kind, age_seconds, name, role, program, state }: OldSnapshot) {
  const age = age_seconds === null ? "for more than a minute" : `for ${time(age_seconds)}`;
  const who = [role && `role ${role}`, program, state].filter(Boolean).join(", ");
  const harm = `has kept a snapshot open ${age}, which slows every request`;
  switch (kind) {
    case "transaction":
      return {
        text: `Process ${name} (${who}) ${harm}.`,
        advice: `End it in psql: select pg_terminate_backend(${name}). See docs/operations.md, "Long transactions".`,
      };
    case "prepared_transaction":
      return {
        text: `The prepared transaction "${name}" (${who}) ${harm}.`,
        advice: "End it in psql: commit prepared, or rollback prepared, with its name.",
      };
    case "replication":
      return {
        text: `The replication "${name}" (${who}) ${harm}.`,
        advice: "Drop the slot if nobody needs it: pg_drop_replication_slot. Otherwise see what its reader waits for.",
      };
  }
}

function judgeSecrets(secrets: Diagnosis["secrets"], knownKeyIds: readonly string[]): Finding {
  const subject = "webhook secrets";
  const lost = secrets.filter(({ key_id }) => !knownKeyIds.includes(key_id));
  if (lost.length === 0) return { mark: "good", subject, text: "ENCRYPTION_KEY has the key of each." };
  const text = lost.map(({ key_id, count }) => `${count} encrypted with "${key_id}"`).join(", ");
  const advice =
    "ENCRYPTION_KEY lacks that key: put it back behind the others. Without it these runners get no run, these endpoints no " +
    "notification, and these triggers take no message.";
  return { mark: "bad", subject, text: `${text}.`, advice };
}

/** A duration in words. */
export function time(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

export function judgeMigrations(migrations: Comparison): Finding {
  const subject = "migrations";
  const { unknown } = migrations;
  const lack = describeLack(migrations);
  if (lack !== null) return { mark: "bad", subject, text: lack, advice: "`npm run migrate`." };
  if (unknown === 0) return { mark: "good", subject, text: "Up to date." };
  const text = `The database has ${unknown} that are not in this folder.`;
  return { mark: "note", subject, text, advice: "A newer version has been here. Use its doctor." };
}
