import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

const NAME = "Batched";

/** Triggers many runs by a file, on the command line. */
export function describeBatches(world: () => World): void {
  const { wr, json, inTerminal } = useTerminal(world, "batches");
  const file = (lines: string, name = "runs.jsonl") => {
    const path = join(world().folder, name);
    writeFileSync(path, lines);
    return path;
  };
  const THREE = '{"input": {"n": 1}, "labels": {"customer": "4711"}}\n{}\n\n{"input": {"n": 3}}\n';
  const invoke = (...args: string[]) => wr(["invoke", NAME, ...args]);

  beforeAll(async () => {
    await wr(["workflows", "create", NAME, "--lease", ...PARTS]);
  });

  it("triggers a run for each line of a file, and lists them, and repeats nothing with the same key", async () => {
    const args = ["invoke", NAME, "--batch", file(THREE), "--idempotency-key", "k"];
    const batch = await json(args);
    expect(batch).toMatchObject({ run_count: 3, pending: 3, ended_at: null });
    expect((await json(args)).id).toBe(batch.id);
    const listed = await wr(["runs", "list", "--batch", batch.id, "--quiet"]);
    expect(listed.stdout.trim().split("\n")).toEqual(batch.run_ids.toReversed());
    expect((await json(["runs", "get", batch.run_ids[0]])).labels).toEqual({ customer: "4711" });
    expect((await wr(["batches", "results", batch.id, "--quiet"])).stdout.trim().split("\n")).toEqual(batch.run_ids);
    expect((await wr(["batches", "results", batch.id])).stdout).toMatch(
      /^RUN +STATE +LABELS +RESULT\n\S+ +PENDING +customer:4711\n/,
    );
    const stopped = await wr(["runs", "bulk", "stop", "--batch", batch.id, "--yes"]);
    expect(stopped.stdout).toContain("Stopped 3 of 3 matching runs.");
  });

  it("reads the lines from stdin", async () => {
    const { code, stdout } = await wr(["invoke", NAME, "--batch", "-"], {}, "{}\n{}\n");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/runs +0 of 2 have ended/)]);
    await wr(["runs", "bulk", "stop", "--workflow", NAME, "--yes"]);
  });

  it("waits with a bar on a terminal, and ends with exit code 5 when a run FAILED", async () => {
    const onAsked = () => void wr(["runs", "bulk", "stop", "--workflow", NAME, "--yes"]);
    const command = `invoke ${NAME} --wait --batch ${file(THREE)}`;
    const { code, shown } = await inTerminal(command, { asked: "0/3", onAsked });
    expect(shown).toContain(`${"░".repeat(24)} 0/3`);
    expect(shown).toMatch(/3 of 3 have ended/);
    expect(code).toBe(5);
  });

  it("says when its time is over how to go on, with exit code 6, and programs get the ids", async () => {
    const { code, stdout, stderr } = await invoke("--batch", file(THREE), "--wait", "--timeout", "1s", "--json");
    expect([code, stderr]).toEqual([6, expect.stringContaining("The batch has not ended within 1 s, and goes on: ")]);
    expect(JSON.parse(stdout).run_ids).toHaveLength(3);
    await wr(["runs", "bulk", "stop", "--workflow", NAME, "--yes"]);
  });

  describe("refuses", () => {
    it.each<[what: string, args: () => string[], sentence: string]>([
      ["a missing file", () => ["--batch", "missing.jsonl"], "missing.jsonl cannot be read: ENOENT"],
      ["a wrong line", () => ["--batch", file("{}\nno\n", "wrong.jsonl")], "wrong.jsonl is not a JSON object such as"],
      [
        "a label of all",
        () => ["--batch", file(THREE), "--label", "a:b"],
        "the lines of the file have the input, the labels, the key and the instants of each run",
      ],
      [
        "what shows one run",
        () => ["--batch", file(THREE), "--follow"],
        "It goes with --wait, --timeout, --priority and",
      ],
      ["an unknown field", () => ["--batch", file('{"inputs": {}}', "field.jsonl")], "runs.0.inputs"],
    ])("%s", async (_, args, sentence) => {
      const { code, stdout, stderr } = await invoke(...args());
      expect([code, stdout, stderr]).toEqual([4, "", expect.stringContaining(sentence)]);
    });
  });
}
