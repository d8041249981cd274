/** The flag of the runtime on which the build of the Worker relies, and which may have to go. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltWorker, startBuiltWorker } from "../../scripts/local/built-worker.ts";
import { buildService, MODULE_REGISTRY } from "../../scripts/local/bundle.ts";
import { root } from "../../scripts/local/folders.ts";
import { tryLife } from "../../scripts/local/try-life.ts";
import { runProgram } from "../support/node/run-program.ts";

describe("without the flag new_module_registry", () => {
  let folder: string;
  let worker: BuiltWorker;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "workflow-runs-registry-"));
    const built = await buildService(relative(root, join(folder, "built")));
    worker = await startBuiltWorker(built, folder, { lackingFlag: MODULE_REGISTRY });
  });
  afterAll(async () => {
    await worker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("the Worker starts, loads what it loads later, and runs invoke, callback and sweep", async () => {
    for (const path of ["/livez", "/healthz", "/openapi.json", "/docs", "/docs/agents", "/app/sign-in"])
      expect([path, (await worker.request("GET", path)).status]).toEqual([path, 200]);
    await tryLife(worker);
  });

  it("wrangler.toml is right after the command of docs/operations.md", async () => {
    const [, command = ""] =
      /^(sed [^&]+) && npm run deploy/m.exec(readFileSync(join(root, "docs/operations.md"), "utf8")) ?? [];
    const before = readFileSync(join(root, "wrangler.toml"), "utf8");
    writeFileSync(join(folder, "wrangler.toml"), before);
    expect((await runProgram("sh", ["-c", command], { cwd: folder })).code).toBe(0);
    const flags =
      'compatibility_flags = ["global_fetch_strictly_public", "enable_request_signal", "new_module_registry"]';
    const after = before.replace(flags, flags.replace(', "new_module_registry"', ""));
    expect(after).not.toBe(before);
    expect(readFileSync(join(folder, "wrangler.toml"), "utf8")).toBe(after);
  });
});
