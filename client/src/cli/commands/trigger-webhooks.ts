/** The flags and the command of triggers that receive webhooks. */
import { type Command, InvalidArgumentError } from "commander";
import type { NewTrigger, WebhookScheme } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { oneOf, readText, several } from "../input.ts";
import { printWithSecret } from "../trigger-lines.ts";
import { ofTrigger } from "./trigger-firings.ts";

const SCHEMES = [
  "standard-webhooks",
  "github",
  "stripe",
  "slack",
  "gitlab",
  "hmac-sha256",
  "token",
] as const satisfies readonly WebhookScheme[];
const ENCODINGS = ["hex", "base64", "timestamped"] as const;

export type WebhookFlags = {
  webhook?: WebhookScheme;
  header?: string;
  encoding?: (typeof ENCODINGS)[number];
  secret?: string;
  when?: string[];
  pick?: Record<string, string>;
  keyFrom?: string;
  labelFrom?: Record<string, string>;
  signal?: string;
  correlationFrom?: string;
};

/** Parses a flag that may be repeated: adds a name and a JSON Pointer, such as `commit=/after`, to those before it. */
function pointerAfter(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, pointer] = /^([^=]+)=(\/.*)$/s.exec(text) ?? [];
  if (name === undefined || pointer === undefined)
    throw new InvalidArgumentError("Write name=/pointer, such as commit=/after.");
  return { ...before, [name]: pointer };
}

const SECRET = [
  "--secret <text>",
  "the secret that the sender has made: as @file, as @- from stdin, or as text",
] as const;

export const webhookOptions = (command: Command): Command =>
  command
    .option("--webhook <scheme>", `on signed messages instead: ${SCHEMES.join(", ")}`, oneOf(SCHEMES))
    .option("--header <name>", "of hmac-sha256: the header with the signature")
    .option(
      "--encoding <how>",
      "of hmac-sha256: how the signature is written, hex by default; timestamped is t=…,v1=…",
      oneOf(ENCODINGS),
    )
    .option(...SECRET)
    .option("--when <event>", "take only this event, such as push; can be repeated", several)
    .option("--pick <field=/pointer>", "a field of the input, from the message; can be repeated", pointerAfter)
    .option("--key-from </pointer>", "where the message has the concurrency key")
    .option("--label-from <key=/pointer>", "a label from the message; can be repeated", pointerAfter)
    .option("--signal <name>", "send this signal to the workflow, instead of triggering a run")
    .option("--correlation-from </pointer>", "of a signal: where the message has the correlation");

/** Reads a secret. A file usually ends with a line break, which is not a part of it. */
const secretOf = async (given: string) => (await readText(given)).replace(/\r?\n$/, "");

/** The fields of a new trigger that these flags fill in. Undefined without `--webhook`. */
export async function webhookOf(flags: WebhookFlags): Promise<Pick<NewTrigger, "webhook" | "secret"> | undefined> {
  const { webhook: scheme, header, encoding, secret } = flags;
  if (scheme === undefined) return undefined;
  const isNamed = scheme === "hmac-sha256";
  if (isNamed !== (header !== undefined)) {
    throw new CliError(
      isNamed ? "Name the header with the signature: --header." : "--header is for hmac-sha256 only.",
      EXIT.invalid,
    );
  }
  if (!isNamed && encoding !== undefined) throw new CliError("--encoding is for hmac-sha256 only.", EXIT.invalid);
  return {
    webhook: {
      scheme,
      ...(header !== undefined && { signature_header: header, signature_encoding: encoding ?? "hex" }),
      when: flags.when ?? null,
      pick: flags.pick ?? null,
      key_from: flags.keyFrom ?? null,
      labels_from: flags.labelFrom ?? null,
      ...signalOf(flags),
    },
    ...(secret !== undefined && { secret: await secretOf(secret) }),
  };
}

/** Without a signal, the field is left out, since an older service does not know it. */
function signalOf({ signal: name, correlationFrom: correlation_from }: WebhookFlags) {
  if (name !== undefined && correlation_from !== undefined) return { signal: { name, correlation_from } };
  if (name === correlation_from) return {};
  throw new CliError("A signal needs both: --signal and --correlation-from.", EXIT.invalid);
}

export function addRotate(triggers: Command): void {
  ofTrigger(
    triggers,
    "rotate",
    "Give a trigger that receives webhooks a new secret; the old one is taken for 24 hours, or until the next rotation",
    "pass show stripe | workflow-runs triggers rotate $TRIGGER --secret @-",
  )
    .option(...SECRET)
    .addHelpText(
      "after",
      `
A second rotation, also with the same secret, ends the secret that was in use before the first one, at once. So when no answer came, first
look at \`triggers get\`: if the old secret is taken until 24 hours after your command, it was rotated. A secret that you gave is in use then. One that the service made
is lost: rotate again, and give the new one to the sender immediately.`,
    )
    .action(async (id: string, flags: { secret?: string }, command: Command) => {
      const { client, mode } = contextOf(command);
      const given = flags.secret === undefined ? {} : { secret: await secretOf(flags.secret) };
      printWithSecret(mode, await client.rotateTriggerSecret(id, given));
    });
}
