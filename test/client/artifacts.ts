import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, it } from "vitest";
import type { World } from "./installed-client.ts";
import { PARTS, useTerminal } from "./terminal.ts";

/** Leaves two files, and what is not stored: a link, a folder, and a hidden file. */
const LEAVES = `cd "$WORKFLOW_RUN_ARTIFACTS" && printf 'a,b\\n' > table.csv && head -c 3000000 /dev/zero > large.bin
mkdir folder && echo x > folder/x && echo x > .hidden && ln -s /etc/hostname link.txt && echo "$PWD" >&2`;

/** The files of runs: what a command leaves, and what people download. */
export function describeArtifacts(world: () => World): void {
  const { home, wr, json, inTerminal } = useTerminal(world, "artifacts");
  const work = (script: string) => ["run", "--workflow", "Files", "--once", "--", "sh", "-c", script];
  const invoke = async () => (await wr(["invoke", "Files", "--quiet"])).stdout.trim();
  const names = async (runId: string) =>
    (await json(["artifacts", "list", runId])).map(({ name }: { name: string }) => name);

  beforeAll(async () => {
    await wr(["workflows", "create", "Files", "--lease", ...PARTS]);
  });

  it("stores the regular files that a command leaves at the top of its folder, and removes the folder", async () => {
    const runId = await invoke();
    const ended = await wr(work(LEAVES));
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('"link.txt" is not stored')]);
    expect(await json(["artifacts", "list", runId])).toMatchObject([
      { name: "large.bin", bytes: 3_000_000, content_type: "application/octet-stream" },
      {
        name: "table.csv",
        bytes: 4,
        content_type: "text/csv; charset=utf-8",
        sha256: expect.stringMatching(/^\w{64}$/),
      },
    ]);
    const folder = (await wr(["runs", "log", runId])).stdout.trim();
    expect([folder, existsSync(folder)]).toEqual([expect.stringContaining("workflow-run-"), false]);
    expect((await wr(["artifacts", "list", runId])).stdout).toMatch(/large\.bin +3\.0 MB +application/);
    expect((await wr(["runs", "result", runId])).stdout).toContain("table.csv");
  });

  it("stores what a failed command has left, too, and its own error counts", async () => {
    const runId = await invoke();
    const ended = await wr(work('echo x > "$WORKFLOW_RUN_ARTIFACTS/why.log"; echo No such column >&2; exit 3'));
    expect([ended.code, ended.stderr]).toEqual([3, expect.stringContaining("No such column")]);
    expect(await names(runId)).toEqual(["why.log"]);
  });

  it("replaces no file that a command leaves by that of its output", async () => {
    const runId = await invoke();
    await wr(work('echo mine > "$WORKFLOW_RUN_ARTIFACTS/output.json"; echo 9007199254740993'));
    const files: { name: string; bytes: number }[] = await json(["artifacts", "list", runId]);
    expect(new Map(files.map(({ name, bytes }) => [name, bytes]))).toEqual(
      new Map([
        ["output.json", "mine\n".length],
        ["output-1.json", "9007199254740993".length],
      ]),
    );
    const told = "The output is the file output-1.json: the number 9007199254740993 would be rounded";
    expect((await json(["runs", "result", runId])).summary).toContain(told);
  });

  it("shows a bar while files are sent and fetched, and downloads what was uploaded", async () => {
    const runId = await invoke();
    const sent = await inTerminal(`run --workflow Files --once -- ${process.execPath} -e "
      require('fs').writeFileSync(process.env.WORKFLOW_RUN_ARTIFACTS + '/large.bin', Buffer.alloc(20000000, 7))"`);
    expect(sent.shown).toMatch(/Uploading +\d.*░* \d+ % of 20 MB {2}1\/1 large\.bin/);
    const fetched = await inTerminal(`artifacts download ${runId} --to ${join(home(), "fetched")}`);
    expect(fetched.shown).toMatch(/Downloading +\d.* % of 20 MB {2}1\/1 large\.bin/);
    expect(readFileSync(join(home(), "fetched/large.bin")).equals(Buffer.alloc(20_000_000, 7))).toBe(true);
  });

  it("ends at once when the folder cannot be made", async () => {
    const runId = await invoke();
    await wr(work('echo new > "$WORKFLOW_RUN_ARTIFACTS/a.txt"'));
    writeFileSync(join(home(), "file"), "");
    for (const to of ["/proc/none/below", "file/below"]) {
      const { code, stdout, stderr } = await wr(["artifacts", "download", runId, "--to", to]);
      expect([code, stdout, stderr]).toEqual([4, "", expect.stringMatching(/^The folder cannot be made: \w+: /)]);
    }
  });

  it("writes nothing outside of the folder, and replaces a file only when it is told to", async () => {
    const runId = await invoke();
    await wr(work('echo new > "$WORKFLOW_RUN_ARTIFACTS/a.txt"'));
    mkdirSync(join(home(), "into"));
    writeFileSync(join(home(), "outside.txt"), "old");
    symlinkSync(join(home(), "outside.txt"), join(home(), "into/a.txt"));
    const refused = await wr(["artifacts", "download", runId, "--to", "into"]);
    expect([refused.code, refused.stderr]).toEqual([4, "into/a.txt is there already. Add --force to replace it.\n"]);
    const done = await wr(["artifacts", "download", runId, "a.txt", "--to", "into", "--force"]);
    expect([done.code, done.stdout]).toEqual([0, "into/a.txt\n"]);
    expect(readFileSync(join(home(), "outside.txt"), "utf8")).toBe("old");
    expect(lstatSync(join(home(), "into/a.txt")).isFile()).toBe(true);
    expect(readFileSync(join(home(), "into/a.txt"), "utf8")).toBe("new\n");
    const absent = await wr(["artifacts", "download", runId, "b.txt"]);
    expect([absent.code, absent.stderr]).toEqual([3, "The run has no file b.txt.\n"]);
  });
}
