/** The steps of a sweep that can fail alone. `does` is what they do, and `of` what their candidates are. */
export const SWEEP_STEPS = {
  ends: { does: "ending overdue runs", of: "workflow" },
  promotions: { does: "starting runs that wait", of: "workflow" },
  firings: { does: "firing triggers", of: "trigger" },
  stops: { does: "sending stops", of: "run" },
  dispatches: { does: "sending dispatches", of: "run" },
  notifications: { does: "sending notifications", of: "notification" },
  sums: { does: "adding up the ends of runs", of: "tenant" },
  deletions: {
    does: "deleting what belonged to deleted workflows, triggers and endpoints",
    of: "run, batch, firing, notification or signal",
  },
  old_runs: { does: "deleting what is too old", of: "run, batch, key or sign-in session" },
  old_firings: { does: "deleting old firings", of: "firing" },
  old_notifications: { does: "deleting old notifications", of: "notification" },
  old_audit_events: { does: "deleting old rows of the audit log", of: "row" },
  artifacts: { does: "deleting files of runs", of: "file" },
} as const;

export type SweepStep = keyof typeof SWEEP_STEPS;

/** A step as a whole, in the place of the id of a row. */
export const WHOLE_STEP = "00000000-0000-0000-0000-000000000000";

/** What is set aside. The step may be one that only the next release has. */
export type SetAside = {
  step: string;
  row_id: string;
  tenant_id: string | null;
  /** 0 when it was not tried alone, since others beside it had failed. */
  failures: number;
  /** Since it failed first, and until it is tried again. */
  seconds: number;
  seconds_left: number;
  sqlstate: string | null;
  message: string;
};

/** Names what is set aside, by its step, its kind and its ids: no value of any row. */
export function nameSetAside({
  step,
  row_id: rowId,
  tenant_id: tenantId,
}: Pick<SetAside, "step" | "row_id" | "tenant_id">) {
  const { does, of } = wordsOf(step);
  if (rowId === WHOLE_STEP) return `${does} as a whole`;
  const what = rowId === tenantId ? `tenant ${tenantId}` : `${of} ${rowId} of tenant ${tenantId ?? "unknown"}`;
  return `${does}: ${what}`;
}

/** What a step does, and what its candidates are. */
export const wordsOf = (step: string) =>
  Object.entries(SWEEP_STEPS).find(([name]) => name === step)?.[1] ?? { does: step, of: "row" };

/** How often it has failed; `since` is how long ago it was set aside first, in words. */
export function describeTries(failures: number, since: string): string {
  if (failures === 0) return `not tried alone for ${since}, since others beside it fail`;
  return failures === 1 ? `failed once, ${since} ago` : `failed ${failures} times, first ${since} ago`;
}
