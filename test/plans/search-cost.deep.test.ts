import { describe, expect, it } from "vitest";
import { SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { createTenant } from "../support/tenant.ts";
import { blocksRead, explained } from "./plans.ts";

const service = await startService({ isNew: true, settings: SESSION_SETTINGS });
const stage = await createStage(service, "small");
const other = await createTenant(service.database);

/** Gives the other tenant 50,000 folders. Their names have two words, which begin with all hexadecimal digits. */
async function fillOtherTenant(): Promise<void> {
  await service.database.sql`
    insert into path_parts (id, tenant_id, name, part_type, materialized_path)
    select md5('part' || n)::uuid, ${other.id}, md5('word' || n) || ' ' || md5('other' || n), 'FOLDER', '/' || n
    from generate_series(1, 50000) n`;
  // Before a vacuum, new entries of a GIN index are in a list that is read completely.
  await service.database.sql`vacuum analyze path_parts`;
}

const ONE_LETTER_WORDS = Array.from({ length: 50 }, (_, n) => (n % 16).toString(16)).join("+");

/** How many blocks each search reads, for an OWNER and for a USER. */
async function measure(): Promise<number[]> {
  const blocks: number[] = [];
  for (const words of [ONE_LETTER_WORDS, "a+0", "zebra"]) {
    for (const { id } of [stage.tenant.owner, stage.bare]) {
      const headers = { Cookie: `ks_uat=${await sessionToken(stage, id)}` };
      const [response, statements] = await explained(service, () =>
        service.fetch(`/app/search?q=${words}`, { headers }),
      );
      expect(response.status).toBe(200);
      blocks.push(blocksRead(statements));
    }
  }
  return blocks;
}

describe("a search in a small tenant", () => {
  it("reads no entries of another tenant, which has 50,000 files, even for fifty words of one letter", async () => {
    await service.database.sql`vacuum analyze`;
    const alone = await measure();
    await fillOtherTenant();
    const beside = await measure();
    // The index is some blocks deeper now, for each word. Of the entries of the other tenant there are thousands of blocks.
    expect(Math.max(...beside)).toBeLessThan(Math.max(...alone) + 100);
  });
});
