import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import type { Ended } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";
import { useTerminal } from "./terminal.ts";

const page = readFileSync(join(root, "client/README.md"), "utf8");

/** How many words the longest command has: `runs bulk stop`. */
const MOST_WORDS = 3;

export function describeHelp(world: () => World): void {
  const { wr } = useTerminal(world, "help");
  /** The help of each command that does something, and not only has commands. */
  const helps = new Map<string, Ended>();

  /** All commands, found by the help itself, so that none can be forgotten. */
  async function collect(words: string[]): Promise<void> {
    const help = await wr([...words, "--help"]);
    const [, list = ""] = /^Commands:\n((?: .*\n)+)/m.exec(help.stdout) ?? [];
    const names = [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
    // The help of a command whose name is unknown is that of the group, which would never come to an end.
    if (words.length > MOST_WORDS) throw new Error(`\`${words.join(" ")}\` is no command.`);
    if (names.length === 0) helps.set(words.join(" "), help);
    await Promise.all(names.map((name) => collect([...words, name])));
  }

  beforeAll(() => collect([]));

  it("lists every command", () => {
    const runs = ["list", "get", "watch", "stop", "start-now", "retry", "delete", "bulk stop", "log", "explain"].map(
      (name) => `runs ${name}`,
    );
    const workflows = ["list", "get", "create", "update", "share", "delete", "pause", "resume"].map(
      (name) => `workflows ${name}`,
    );
    const others = [
      "login",
      "init",
      "files create",
      "whoami",
      "invoke",
      "events",
      "audit",
      "triggers create",
      "keys create",
      "users role",
      "invites create",
      "open",
      "run",
    ];
    expect([...helps.keys()]).toEqual(expect.arrayContaining([...runs, ...workflows, ...others]));
    expect(helps.size).toBeGreaterThan(30);
  });

  it("has examples, the flags that all commands have, exit code 0, and no empty default, for every command", () => {
    for (const [command, { code, stdout, stderr }] of helps) {
      const hasExample = new RegExp(`^Examples?:\\n(.*\\n)*.*workflow-runs ${command}\\b`, "m").test(stdout);
      expect([command, code, stderr, hasExample]).toEqual([command, 0, "", true]);
      expect([command, stdout]).toEqual([command, expect.stringContaining("--json")]);
      expect([command, stdout]).toEqual([command, expect.not.stringContaining("(default: [])")]);
    }
  });

  it("knows no command that the README does not run", () => {
    const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block).join("");
    const missing = [...helps.keys()].filter((command) => !commands.includes(`npx workflow-runs ${command}`));
    expect(missing).toEqual([]);
  });

  it("is also shown by `help` and all words of a command", async () => {
    const [asked, shown] = [await wr(["help", "runs", "list"]), helps.get("runs list")];
    expect([asked.code, asked.stdout]).toEqual([0, shown?.stdout]);
  });

  it("prints its version, and help for nothing", async () => {
    expect((await wr(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const nothing = await wr([]);
    expect(nothing).toEqual({ code: 4, stdout: "", stderr: expect.stringContaining("Usage: workflow-runs") });
  });
}
