import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { components } from "../../openapi.ts";
import { toProblem } from "../../problem.ts";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { type Counter, FILE_NAME } from "../files.ts";
import { integer } from "../input.ts";
import { ago, harmless, print, printList } from "../output.ts";
import { size, watchTransfer } from "../transfer.ts";

type RunFile = components["schemas"]["WorkflowRunFile"];

type Flags = { attempt?: number };
type DownloadFlags = Flags & { to: string; force?: boolean };

export function addArtifacts(program: Command): void {
  const artifacts = program.command("artifacts").description("List and download the files of a run");
  const attempt = [
    "--attempt <n>",
    "those of this attempt; by default, the newest of each name since the last retry",
    integer(1, 1_000_000),
  ] as const;

  artifacts
    .command("list")
    .argument("<run>", "its id")
    .description("List the files of a run")
    .option(...attempt)
    .addHelpText("after", "\nExample:\n  $ workflow-runs artifacts list $RUN")
    .action(async (run: string, flags: Flags, command: Command) => {
      const { client, mode } = contextOf(command);
      printList(mode, (await listFiles(client, run, flags)).artifacts, ({ name }) => name, fileRow);
    });

  artifacts
    .command("download")
    .argument("<run>", "its id")
    .argument("[names...]", "which files; by default all")
    .description("Download files of a run into a folder")
    .option(...attempt)
    .option("--to <folder>", "where to; it is made if it is not there", ".")
    .option("--force", "replace files that are there already")
    .addHelpText(
      "after",
      `
Examples:
  $ workflow-runs artifacts download $RUN
  $ workflow-runs artifacts download $RUN report.pdf --to reports`,
    )
    .action(async (run: string, names: string[], flags: DownloadFlags, command: Command) =>
      download(contextOf(command), run, names, flags),
    );
}

const listFiles = (client: Client, run: string, { attempt }: Flags) =>
  unwrap(
    client.api.GET("/v1/workflow-runs/{run_id}/artifacts", {
      params: { path: { run_id: run }, query: { ...(attempt !== undefined && { attempt }) } },
    }),
  );

const fileRow = ({ name, bytes, content_type, stored_at }: RunFile) => ({
  name: harmless(name),
  size: size(bytes),
  type: harmless(content_type),
  stored: ago(stored_at),
});

async function download({ client, mode }: Context, run: string, names: string[], flags: DownloadFlags): Promise<void> {
  const { attempt, artifacts } = await listFiles(client, run, flags);
  const missing = names.filter((name) => !artifacts.some((file) => file.name === name));
  if (missing.length > 0) throw new CliError(`The run has no file ${missing.join(", ")}.`, EXIT.notThere);
  const files = artifacts.filter(({ name }) => names.length === 0 || names.includes(name));
  const odd = files.find(({ name }) => !FILE_NAME.test(name));
  if (odd) throw new CliError(`The service names a file ${JSON.stringify(odd.name)}. Nothing was downloaded.`);
  if (!flags.force) await requireAbsent(flags.to, files);
  await makeFolder(flags.to);
  const transfer = watchTransfer("Downloading", files);
  try {
    for (const file of files)
      await save(client, { run, attempt, file, folder: flags.to }, transfer.begin(file.name, file.bytes));
  } finally {
    transfer.stop();
  }
  if (mode === "json") print(JSON.stringify(files, null, 2));
  else for (const { name } of files) print(mode === "quiet" ? name : join(flags.to, name));
}

/**
 * Makes a folder and those above it. Not by `recursive` of `mkdir`, which tries for ever where the system knows no such folder and lets
 * nobody make it, as below /proc: https://github.com/nodejs/node/issues/31481.
 * @throws CliError when it cannot be made
 */
async function makeFolder(folder: string): Promise<void> {
  const isMade = async () =>
    stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isMade()) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  await mkdir(folder).catch(async (error: Error) => {
    // Another program may have made it in the meantime.
    if (!(await isMade())) throw new CliError(`The folder cannot be made: ${error.message}`, EXIT.invalid);
  });
}

async function requireAbsent(folder: string, files: readonly RunFile[]): Promise<void> {
  for (const { name } of files) {
    const isThere = await lstat(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (isThere) throw new CliError(`${join(folder, name)} is there already. Add --force to replace it.`, EXIT.invalid);
  }
}

type Saved = { run: string; attempt: number; file: RunFile; folder: string };

/**
 * Writes to a new file in the folder, and renames it when it is complete. So it never writes through a link that has the name of the file,
 * and a download that breaks off leaves nothing behind.
 */
async function save(client: Client, { run, attempt, file, folder }: Saved, counter: Counter): Promise<void> {
  const path = join(folder, `.${file.name}.${randomBytes(6).toString("hex")}`);
  // Before the request: an answer that nobody reads would keep the command from ending.
  const handle = await open(path, "wx");
  try {
    // An older service lists the files of one attempt, and does not say that of each.
    const query = { attempt: file.attempt ?? attempt };
    const params = { path: { run_id: run, name: file.name }, query };
    const { data, error, response } = await client.api.GET("/v1/workflow-runs/{run_id}/artifacts/{name}", {
      params,
      parseAs: "stream",
    });
    if (!response.ok) throw toProblem(response, error);
    const hash = createHash("sha256");
    const reader = data?.getReader();
    let bytes = 0;
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      bytes += next.value.length;
      hash.update(next.value);
      counter.add(next.value.length);
      await handle.appendFile(next.value);
    }
    await handle.close();
    if (bytes !== file.bytes || (file.sha256 !== null && hash.digest("hex") !== file.sha256)) {
      throw new CliError(`${file.name} came incomplete or changed. Download it again.`);
    }
    await rename(path, join(folder, file.name));
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(path, { force: true });
    throw error;
  }
}
