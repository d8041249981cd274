/**
 * The Worker of the previous release must work with the current tables and functions, since `npm run migrate` comes before `npm
 * run deploy`, and a rollback of the Worker does not roll the database back. What that Worker sends was recorded (`record.ts`),
 * and is sent again here.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type Service, startService } from "../../support/service.ts";
import recorded from "./recording.json";
import { type RecordedRequest, type Recording, shapeOf } from "./recording.ts";
import { type Ask, backdate, insertWorld, readStand } from "./world.ts";

const recording: Recording = recorded;

let service: Service;
let ask: Ask;

beforeAll(async () => {
  service = await startService();
  ask = service.database.sql.query;
  await insertWorld(ask, "http://127.0.0.1:9/");
});

/** A value for which the recorded Worker also accepts null, since then nothing is due. Its schema: src/db/changes.ts. */
const NULLABLE = /\.changes\[\]\.due_in_ms: number$/;

/** Sends what the recorded Worker sent, like its driver did. Returns the shape of the database's answer. */
async function sendAgain({ statements, isBatch, isolationLevel }: RecordedRequest): Promise<string[]> {
  const queries = statements.map(({ query, params }) => ({ query: recording.queries[query], params }));
  const { url, sqlEndpoint } = service.database;
  const response = await fetch(sqlEndpoint, {
    method: "POST",
    headers: {
      "Neon-Connection-String": url,
      "Neon-Raw-Text-Output": "true",
      "Neon-Array-Mode": "true",
      ...(isolationLevel !== null && { "Neon-Batch-Isolation-Level": isolationLevel }),
    },
    body: JSON.stringify(isBatch ? { queries } : queries[0]),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(answer);
  return shapeOf(JSON.parse(answer));
}

describe(`what the Worker of ${recording.commit} sends`, () => {
  // Each step continues from the one before.
  it.each(recording.steps)("is executed, and answered in the form that it reads: $name", async (step) => {
    if (step.backdated !== null) await ask(backdate(step.backdated), []);
    for (const request of step.requests) {
      const answer = new Set(await sendAgain(request));
      const isThere = (line: string) =>
        answer.has(line) || (NULLABLE.test(line) && answer.has(line.replace("number", "null")));
      expect(request.answer.filter((line) => !isThere(line))).toEqual([]);
    }
    expect(await readStand(ask)).toEqual(step.stand);
  });
});
