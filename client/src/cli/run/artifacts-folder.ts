/** The folder in which a command leaves the files of its run: WORKFLOW_RUN_ARTIFACTS. */
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../../reason.ts";
import { type WorkContext, WorkEnded } from "../../runner/types.ts";
import { FILE_NAME, hashFile, openCounted } from "../files.ts";
import { say } from "../output.ts";
import { type Transfer, watchTransfer } from "../transfer.ts";

export const openArtifactsFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "workflow-run-"));

export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** The regular files at the top of a folder, by their names. Links are not followed, and folders are not entered. */
async function listFiles(folder: string): Promise<{ name: string; bytes: number }[]> {
  const files: { name: string; bytes: number }[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const found = await lstat(join(folder, name));
    if (found.isFile() && FILE_NAME.test(name)) files.push({ name, bytes: found.size });
    else
      say(
        `${JSON.stringify(name)} is not stored: ${found.isFile() ? "no file of a run can have this name" : "it is no regular file"}.`,
      );
  }
  return files;
}

/**
 * Stores the files that a command has left. It stores nothing if the run was given back, or its result does not count any more.
 * @throws Error when the service refuses a file, or the work has to end
 */
export async function storeFiles(folder: string, { signal, artifact }: WorkContext): Promise<void> {
  if (signal.aborted && !(signal.reason instanceof WorkEnded && signal.reason.kind === "stopping")) return;
  const files = await listFiles(folder);
  if (files.length === 0) return;
  const transfer = watchTransfer("Uploading", files);
  try {
    for (const file of files) await storeFile(folder, file, artifact, transfer);
  } finally {
    transfer.stop();
  }
}

async function storeFile(
  folder: string,
  { name, bytes }: { name: string; bytes: number },
  artifact: WorkContext["artifact"],
  transfer: Transfer,
): Promise<void> {
  const path = join(folder, name);
  const file = transfer.begin(name, bytes);
  await artifact(name, await openCounted(path, file), { sha256: await hashFile(path) });
}

/** The same for a command that has failed. An error here is only printed, since the error of the command is the one to report. */
export async function storeFilesOfFailure(folder: string, context: WorkContext): Promise<void> {
  try {
    await storeFiles(folder, context);
  } catch (error) {
    say(reasonOf(error));
  }
}
