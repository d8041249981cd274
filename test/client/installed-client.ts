/** The client as `npm pack` makes it, installed in a folder outside the project, and the Nodes that it is tried on. */
import { execFile } from "node:child_process";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { root } from "../../scripts/local/folders.ts";

/**
 * The folder in which the client is installed, the URLs of the service, the database and the example runner of a local stack, and the version of Node
 * that runs the commands of the client.
 */
export type World = {
  folder: string;
  url: string;
  postgresUrl: string;
  runnerUrl: string;
  version: (typeof NODES)[number];
};

const execute = promisify(execFile);

/** Node 24 comes with the project; the others are fetched by npm. */
export const NODES = ["20", "22", "24"] as const;

export const nodeOf = (folder: string, version: string): string =>
  version === "24" ? process.execPath : join(folder, `node_modules/node-${version}/bin/node`);

/**
 * Installs the client in `folder`, which need not exist. It is built in a copy of its source, `folder`/clone, because building writes to
 * `dist`, where other tests may be reading the same files.
 */
export async function installClient(folder: string): Promise<void> {
  const npm = (args: readonly string[], cwd: string) => execute("npm", [...args, "--no-audit", "--no-fund"], { cwd });
  const client = join(folder, "clone/client");
  const names = ["package.json", "README.md", "workflows.schema.json", "tsconfig.json", "tsconfig.build.json"];
  for (const name of [...names, "bin", "src"]) {
    cpSync(join(root, "client", name), join(client, name), { recursive: true });
  }
  // The build needs the packages that the project has installed.
  symlinkSync(join(root, "client/node_modules"), join(client, "node_modules"));
  symlinkSync(join(root, "node_modules"), join(folder, "clone/node_modules"));
  const { stdout } = await npm(["pack", "--json", "--pack-destination", folder], client);
  const [, file = ""] = /"filename": "(.+?)"/.exec(stdout) ?? [];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const others = ["node-20@npm:node@20", "node-22@npm:node@22", "typescript-5.4@npm:typescript@5.4"];
  await npm(["install", join(folder, file), ...others], folder);
  // The types of Node, as a program of one's own would have them.
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
}
