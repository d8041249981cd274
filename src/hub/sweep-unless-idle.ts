import { describeError, log } from "../base/log.ts";
import type { Register, SweepPlan } from "./register.ts";
import { CALL_LIMIT_MS, withinTime } from "./within-time.ts";

/**
 * The cron's work: sweeps, unless the register says that there is nothing to do. It also sweeps when there is no register, or
 * when the register does not answer. `sweep` returns in how many milliseconds something is due next.
 */
export async function sweepUnlessIdle(
  register: DurableObjectStub<Register> | undefined,
  sweep: () => Promise<number | null>,
): Promise<void> {
  const plan = await askRegister(register);
  if (plan?.database && plan.database.requests > 0) log("info", "database", { ...plan.database });
  if (plan && !plan.mustSweep) {
    log("info", "sweep", { skipped: true });
    return;
  }
  const dueInMs = await sweep();
  try {
    if (register && plan) await withinTime(CALL_LIMIT_MS, register.endSweep(plan.at, dueInMs));
  } catch (error) {
    log("error", "register", describeError(error));
  }
}

async function askRegister(register: DurableObjectStub<Register> | undefined): Promise<SweepPlan | undefined> {
  try {
    return register && (await withinTime(CALL_LIMIT_MS, register.beginSweep()));
  } catch (error) {
    log("error", "register", describeError(error));
    return undefined;
  }
}
