import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { runProgram } from "../support/node/run-program.ts";

/** A folder with a copy of the tables and of `migrations/`. */
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "workflow-runs-generate-"));
  for (const name of ["migrations", "src/db", "drizzle.config.ts", "package.json"])
    cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

const filesOf = (folder: string) => readdirSync(join(clone, folder));
const tablesFile = () => join(clone, "src/db/more-tables.ts");

/** Runs a script of the project in the clone, with the programs that npm finds there. */
const runHere = (script: string, ...args: string[]) =>
  runProgram(process.execPath, [join(root, "scripts/start.cjs"), script, ...args], { cwd: clone });

describe("npm run migrate:generate", () => {
  it("compares with the newest snapshot, and keeps the new one alone", async () => {
    const before = filesOf("migrations");
    writeFileSync(
      tablesFile(),
      `import { integer, pgTable } from "drizzle-orm/pg-core";\nexport const more = pgTable("more", { id: integer() });\n`,
    );
    expect(await runHere("check-migrations.ts")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CREATE TABLE "more"'),
    });
    expect(await runHere("generate-migration.ts", "--name", "more")).toMatchObject({ code: 0 });
    const added = filesOf("migrations").filter((name) => !before.includes(name));
    expect(added).toEqual([expect.stringMatching(/^\d{4}_more\.sql$/)]);
    expect(readFileSync(join(clone, "migrations", String(added[0])), "utf8")).toMatch(
      /^CREATE TABLE "more" \([^;]*\);\s*$/,
    );
    expect(filesOf("migrations/meta")).toEqual([`${added[0]?.slice(0, 4)}_snapshot.json`, "_journal.json"]);
    expect(await runHere("check-migrations.ts")).toMatchObject({ code: 0 });
  });

  it("has a check that fails when there is an older snapshot", async () => {
    writeFileSync(join(clone, "migrations/meta/0000_snapshot.json"), "{}");
    expect(await runHere("check-migrations.ts")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("0000_snapshot.json"),
    });
  });
});
