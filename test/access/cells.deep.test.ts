/** Every operation in a second cell: it works there, and a credential of the first cell is refused before the database is asked. */
import { describe, expect, it } from "vitest";
import { parseKeyRing } from "../../src/base/key-ring.ts";
import { generateApiKey } from "../../src/http/credentials/api-key.ts";
import { signRunnerToken } from "../../src/http/credentials/runner-token.ts";
import { credentialFor, inSeconds, SESSION_SETTINGS } from "../support/callers.ts";
import { findOperation } from "../support/document.ts";
import { type Call, callOf, OPERATION_IDS, OPERATIONS } from "../support/operations.ts";
import { requestOf, startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { runToken } from "../support/tenant.ts";

const FIRST = "https://runs.example.com";
const CELL = "two";
/** The keys of the first cell, which this one does not have. */
const FIRST_KEYS = parseKeyRing("k1:only-the-first-cell-has-this-one-0123456789");

const service = await startService({
  settings: { ...SESSION_SETTINGS, CELL, CELLS: `one=${FIRST},${CELL}=https://two.runs.example.com` },
});
await service.sweep();
const stage = await createStage(service, "second");
stage.tenant.cell = CELL;
const made = await service.send("POST", "/v1/api-keys", stage.tenant.owner.key, { name: "Of the second cell" });
const { key } = await made.json<{ key: string }>();
expect(key).toMatch(/^wr_two_/);

/** A credential of the first cell, of the kind that the call needs. */
async function foreignFor({ runId, sessionToken }: Call): Promise<string> {
  const tenantId = stage.tenant.id;
  if (runId !== undefined) return runToken({ ...stage.tenant, cell: "one" }, runId);
  if (sessionToken === undefined || FIRST_KEYS === null) return (await generateApiKey("one")).key;
  const session = { sessionId: crypto.randomUUID(), tenantId, definitionIds: null, cell: "one" };
  return signRunnerToken(FIRST_KEYS, { ...session, expiresAt: new Date(inSeconds(300) * 1000).toISOString() });
}

const send = (call: Call, token: string) => service.counted(() => service.fetch(call.path, requestOf(call, token)));

describe.each(OPERATION_IDS)("%s in a second cell", (id) => {
  it("works with a credential of that cell, and is 421 with one of the first", async () => {
    const call = await callOf(id, stage);
    const { answers } = OPERATIONS[id] ?? {};
    // The others ask for no credential of ours, or for the code of a command line, which names no cell.
    if ("421" in findOperation(id).responses) {
      const [refused, requests] = await send(call, await foreignFor(call));
      expect([refused.status, refused.headers.get("location"), requests]).toEqual([421, FIRST, 0]);
    } else expect(answers).toBeTypeOf("string");
    const credential = await credentialFor(stage.tenant, call);
    const [answer] = await send(call, credential === stage.tenant.owner.key ? key : credential);
    const ofOwner = typeof answers === "object" ? answers[4] : answers === "sender" ? 202 : 200;
    expect(answer.status).toBe(call.invitedEmail === undefined ? ofOwner : 200);
  });
});
