/** Notes when API keys, logins and sessions were last used. */
import { z } from "zod";
import { describeError, log } from "../../base/log.ts";
import type { Uses } from "../../db/access.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";

/** Notes that these credentials were used in this hour. `large_tenant_ids` are the tenants that have large rate limits. */
export const noteUses = defineVerb({
  name: "note_uses",
  args: ({ keyHashes, runnerSessionIds, signInSessionIds }: Uses) => ({
    key_hashes: [...keyHashes],
    runner_session_ids: [...runnerSessionIds],
    session_ids: [...signInSessionIds],
  }),
  result: z.object({ large_tenant_ids: z.array(z.string()).default([]) }),
});

/** Tells the database what an isolate has seen: see `Services`. Never rejects. */
export async function tellUses(services: VerbServices, uses: Uses): Promise<string[] | null> {
  // Nothing becomes due by this, so the cron need not sweep for it.
  const live = { ...services.live, mark: async () => {} };
  try {
    const { result } = await perform({ ...services, db: services.patientDb, live, proof: {} }, noteUses, uses);
    return result.large_tenant_ids;
  } catch (error) {
    log("error", "uses", describeError(error));
    return null;
  }
}
