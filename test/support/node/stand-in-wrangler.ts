/** A stand-in for wrangler in the PATH of a script: it records how it is called, and the secrets that it is given, and answers as it is told. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/**
 * It ends with WRANGLER_EXIT, or only the commands that begin with WRANGLER_FAILS do. It answers with WHOAMI and SECRETS when it is asked
 * for them.
 */
const PROGRAM = `#!/bin/sh
case "$*" in
  "whoami"*) echo "$WHOAMI" ;;
  "secret list"*) echo "$SECRETS" ;;
  *) echo "deploying with $*" ;;
esac
case "$*" in
  "secret put "*) echo "$* <<< $(cat)" >> "$RECORD" ;;
  *) echo "$*" >> "$RECORD" ;;
esac
case "$*" in
  "$WRANGLER_FAILS"*) exit "\${WRANGLER_EXIT:-0}" ;;
esac
`;

export type StandIn = {
  folder: string;
  /** What a script needs to call it. */
  env: Record<string, string>;
  /** The arguments of each call since the last `forget`. */
  calls: () => string[];
  forget: () => void;
  remove: () => void;
};

export function makeStandIn(): StandIn {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-wrangler-"));
  const record = join(folder, "record");
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/wrangler"), PROGRAM);
  chmodSync(join(folder, "bin/wrangler"), 0o755);
  return {
    folder,
    env: { PATH: `${join(folder, "bin")}:${process.env.PATH}`, RECORD: record },
    calls: () => (existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : []),
    forget: () => rmSync(record, { force: true }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
