import { opendir, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A folder is removed only when nothing was put into it for this time, since an upload makes the folders of its file just before the file. */
const LEAST_AGE_MS = 3_600_000;

/**
 * Removes the empty folders below a folder, also those that held only empty ones. The disk service of workerd makes the folders of a file, and
 * removes only the file.
 */
export async function removeEmptyFolders(folder: string): Promise<void> {
  for await (const entry of await opendir(folder)) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const { mtimeMs } = await stat(path);
    await removeEmptyFolders(path);
    // One that is not empty stays.
    if (Date.now() - mtimeMs >= LEAST_AGE_MS) await rmdir(path).catch(() => {});
  }
}
