import { z } from "zod";
import { Challenged, requireOwnAnswer } from "./challenge.ts";
import { type Finding, time } from "./findings.ts";
import { missingHubLocation } from "./hub-location.ts";

const LIMIT_MS = 10_000;

/** An alarm that is later than this is not just delayed by a slow start of a Durable Object. */
const LATE_ALARM_MS = 5_000;

const readinessSchema = z.object({
  seconds_since_sweep: z.number(),
  seconds_since_full_sweep: z.number(),
  last_alarm: z.object({ seconds_ago: z.number(), late_ms: z.number() }).nullable(),
  hub_location: z.string().nullable(),
});
type Readiness = z.infer<typeof readinessSchema>;
const problemSchema = z.object({ detail: z.string() });

/**
 * Checks what only the service knows, and not its database: when its cron last had nothing to sweep, how late its last alarm was,
 * and where its objects are created.
 */
export async function judgeService(publicUrl: string): Promise<Finding[]> {
  const subject = "service";
  let response: Response;
  let body: unknown;
  try {
    response = requireOwnAnswer(await fetch(new URL("/readyz", publicUrl), { signal: AbortSignal.timeout(LIMIT_MS) }));
    body = await response.json();
  } catch (error) {
    if (error instanceof Challenged) return [{ mark: "bad", subject, text: error.message, advice: Challenged.advice }];
    const text = "Does not answer at PUBLIC_URL, so its cron and its alarms were not asked.";
    return [{ mark: "note", subject, text, advice: "Is it deployed, and reachable from here?" }];
  }
  const readiness = readinessSchema.safeParse(body);
  if (!readiness.success) {
    const text = problemSchema.safeParse(body).data?.detail ?? `/readyz answers ${response.status}.`;
    return [{ mark: "bad", subject, text, advice: "See /readyz in docs/operations.md." }];
  }
  return [judgeReadiness(readiness.data), ...judgeHubLocation(publicUrl, readiness.data.hub_location)];
}

function judgeHubLocation(publicUrl: string, location: string | null): Finding[] {
  const text = missingHubLocation(publicUrl, location);
  const advice = "Set it to the location of the database: docs/operations.md, “Where it runs”.";
  return text === null ? [] : [{ mark: "note", subject: "hub location", text, advice }];
}

function judgeReadiness(readiness: Readiness): Finding {
  const subject = "service";
  const { seconds_since_sweep: sinceSweep, seconds_since_full_sweep: sinceFull, last_alarm: alarm } = readiness;
  const cron =
    sinceSweep < sinceFull
      ? `Ready. The cron found nothing to sweep ${time(sinceSweep)} ago; its last full sweep ended ${time(sinceFull)} ago.`
      : `Ready. The last full sweep ended ${time(sinceFull)} ago.`;
  if (alarm === null) return { mark: "good", subject, text: `${cron} No alarm has fired yet.` };
  const text = `${cron} An alarm ${time(alarm.seconds_ago)} ago was ${Math.round(alarm.late_ms)} ms late.`;
  if (alarm.late_ms <= LATE_ALARM_MS) return { mark: "good", subject, text };
  const advice =
    "Until alarms are on time, deadlines are enforced by the cron, up to a minute late. Look for `tenant sweep`.";
  return { mark: "note", subject, text, advice };
}
