/** Reads a verified message: is it one that the trigger takes, and with what does it trigger a run? */

import { sha256 } from "../../base/sha256.ts";
import { changedNumbers } from "../../http/json/changed-numbers.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../http/json/json-depth.ts";
import { type JsonObject, jsonObject, namesOf, valueAtPointer } from "../../http/json-value.ts";
import { isStorable } from "../../http/text.ts";
import type { Labels } from "../../runs/labels.ts";
import { MAX_LABEL_VALUE } from "../../runs/labels.ts";
import { signalCorrelation } from "../../runs/suspensions/suspension-schema.ts";
import { MAX_INPUT_BYTES } from "../../runs/workflow-definition-runs-routes.ts";
import type { Scheme, WebhookConfig } from "./receiver.ts";
import type { Message, Verified } from "./signatures.ts";

/**
 * What the trigger gives to each run. Where a message has the same field or label, the trigger's counts. Its concurrency key counts only
 * when the message has none.
 */
export type OwnContent = { input: JsonObject | null; labels: Labels; concurrency_key: string | null };

/** What the run of a message gets. `refused` is the reason of the firing when the message cannot trigger a run. */
export type Reading = {
  /** What names the message, by which it fires once: see `receive_webhook` in SQL. Null when nothing does. */
  occasion: string | null;
  input: JsonObject | null;
  labels: Labels;
  concurrency_key: string | null;
  /** Of a message that is a signal. */
  correlation: string | null;
  refused: "body_unusable" | "input_too_large" | "no_key" | "no_correlation" | null;
  detail: Record<string, unknown> | null;
};

const MAX_KEY = 128;

/**
 * What Slack wants to read in the answer before it sends messages to an address; null for any other message:
 * https://docs.slack.dev/reference/events/url_verification.
 */
export function challengeOf({ scheme }: WebhookConfig, { body }: Message): string | null {
  if (scheme !== "slack") return null;
  const { value } = parseBody(body);
  return valueAtPointer(value, "/type") === "url_verification" ? textOf(valueAtPointer(value, "/challenge")) : null;
}

/** Where the body has the id of the message, of schemes that sign the body. */
const ID_IN_BODY: Partial<Record<Scheme, string>> = { stripe: "/id", slack: "/event_id" };

/** Null for a message that the trigger does not take: of another event, or the `ping` of GitHub. */
export async function readMessage(
  config: WebhookConfig,
  own: OwnContent,
  verified: Verified,
  message: Message,
): Promise<Reading | null> {
  const body = parseBody(message.body);
  const events = eventsOf(config, message, body.value);
  if (config.scheme === "github" && events[0] === "ping") return null;
  // What a body says that cannot be read, such as the branch, is not known. Then the event decides, and the firing says what is wrong.
  const wanted = config.when?.map((event) => (body.fault === null ? event : event.replace(/[.:].*$/s, "")));
  if (wanted && !events.some((event) => wanted.includes(event))) return null;
  const pointer = ID_IN_BODY[config.scheme];
  const id = pointer === undefined ? verified.id : textOf(valueAtPointer(body.value, pointer));
  const { mark } = verified;
  const hasName = id !== null || mark !== null;
  const occasion = hasName ? [id === null ? "" : await nameOf(id), mark ?? []].flat().join(" ") : null;
  const key = keyOf(config, own, body.value);
  const correlation = correlationOf(config, body.value);
  const reading: Reading = {
    occasion,
    input: null,
    labels: { ...labelsOf(config, body.value), ...own.labels },
    concurrency_key: key,
    correlation,
    ...{ refused: null, detail: null },
  };
  if (body.fault !== null) {
    const isForm = message.header("content-type")?.startsWith("application/x-www-form-urlencoded");
    return { ...reading, refused: "body_unusable", detail: { message: isForm ? FORM : body.fault } };
  }
  const changed = body.changed.find((path) => isTaken(config, path));
  if (changed !== undefined) {
    const pointer = changed.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    const message = `The number at ${pointer} would be changed, since JSON numbers are read as doubles. Whole ones are exact up to 9007199254740991.`;
    return { ...reading, refused: "body_unusable", detail: { message, pointer } };
  }
  if (key === null && config.key_from !== null) {
    return { ...reading, refused: "no_key", detail: { pointer: config.key_from } };
  }
  if (correlation === null && config.signal !== null) {
    return { ...reading, refused: "no_correlation", detail: { pointer: config.signal.correlation_from } };
  }
  return { ...reading, ...inputOf(config, own, body.value) };
}

const FORM =
  "The sender has sent a form. Choose JSON where it asks for the content type: at GitHub, `application/json` in the settings of the webhook.";

/** `changed` are the places of numbers that reading them has changed. */
type Body = { value: unknown; fault: string | null; changed: (string | number)[][] };

const unusable = (fault: string): Body => ({ value: undefined, fault, changed: [] });

/** An empty body counts as `{}`. */
function parseBody(bytes: ArrayBuffer): Body {
  if (bytes.byteLength === 0) return { value: {}, fault: null, changed: [] };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    if (isDeeperThan(MAX_JSON_DEPTH, text))
      return unusable(`The body is nested more than ${MAX_JSON_DEPTH} levels deep.`);
    return { value: JSON.parse(text), fault: null, changed: changedNumbers(text, Number.POSITIVE_INFINITY) };
  } catch {
    return unusable("The body is not JSON in UTF-8.");
  }
}

/**
 * The names of the event of a message: the most general one first. GitHub has it in a header and the action in the body, GitLab both in
 * the body. Slack wraps its events. The others have it in the body, as Standard Webhooks recommends.
 */
function eventsOf({ scheme }: WebhookConfig, { header }: Message, body: unknown): string[] {
  const at = (pointer: string) => textOf(valueAtPointer(body, pointer));
  switch (scheme) {
    case "github": {
      const events = withAction(header("x-github-event") ?? null, at("/action"));
      // The branch that was pushed, or into which a pull request is to go.
      const branch = at("/pull_request/base/ref") ?? at("/ref")?.match(/^refs\/heads\/(.+)$/s)?.[1];
      return branch === undefined ? events : [...events, ...events.map((event) => `${event}:${branch}`)];
    }
    case "gitlab":
      return withAction(at("/object_kind"), at("/object_attributes/action"));
    case "slack":
      return [at("/type") ?? [], at("/event/type") ?? []].flat();
    default:
      return [at("/type") ?? []].flat();
  }
}

function withAction(event: string | null, action: string | null): string[] {
  if (event === null) return [];
  return action === null ? [event] : [event, `${event}.${action}`];
}

/** Whether the trigger takes what is at this place of the body: into the input, the concurrency key, a label, or a correlation. */
function isTaken({ pick, key_from, labels_from, signal }: WebhookConfig, path: readonly (string | number)[]): boolean {
  if (pick === null) return true;
  const ofOthers = [key_from ?? [], signal?.correlation_from ?? []].flat();
  const pointers = [...Object.values(pick), ...ofOthers, ...Object.values(labels_from ?? {})];
  return pointers.some((pointer) => namesOf(pointer).every((name, index) => name === String(path[index])));
}

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** A text, a number or a boolean, as a text. */
const scalarOf = (value: unknown): string | null =>
  textOf(typeof value === "number" || typeof value === "boolean" ? String(value) : value);

const PLAIN_ID = /^[\x21-\x7e]{1,200}$/;

/** An id as it is kept. One that is too long, or has other characters, is kept as its hash. */
async function nameOf(id: string): Promise<string> {
  if (PLAIN_ID.test(id)) return id;
  return `sha256:${(await sha256(id)).toHex()}`;
}

/** The concurrency key in the message, or else that of the trigger. */
function keyOf({ key_from: pointer }: WebhookConfig, own: OwnContent, body: unknown): string | null {
  const key = pointer === null ? null : scalarOf(valueAtPointer(body, pointer));
  return key !== null && [...key].length <= MAX_KEY && isStorable(key) ? key : own.concurrency_key;
}

const correlationSchema = signalCorrelation();

/** The correlation of the signal in the message; null when there is none for which a run could wait. */
const correlationOf = ({ signal }: WebhookConfig, body: unknown): string | null =>
  correlationSchema.safeParse(signal && scalarOf(valueAtPointer(body, signal.correlation_from))).data ?? null;

/** A label whose value is not in the message is left out, and one that is too long is cut: labels only help to find a run. */
function labelsOf({ labels_from: from }: WebhookConfig, body: unknown): Labels {
  return Object.fromEntries(
    Object.entries(from ?? {}).flatMap(([label, pointer]) => {
      const value = scalarOf(valueAtPointer(body, pointer));
      return value === null || !isStorable(value) ? [] : [[label, [...value].slice(0, MAX_LABEL_VALUE).join("")]];
    }),
  );
}

const inputSchema = jsonObject(MAX_INPUT_BYTES);

/** The input of the run: what is picked from the body, or all of it, and above that the input of the trigger. */
function inputOf({ pick }: WebhookConfig, own: OwnContent, body: unknown): Partial<Reading> {
  const picked = pick === null ? body : pickFrom(pick, body);
  if (typeof picked !== "object" || picked === null || Array.isArray(picked)) {
    return {
      refused: "body_unusable",
      detail: { message: "The body is not a JSON object, and nothing is picked from it." },
    };
  }
  const input: JsonObject = { ...picked, ...own.input };
  const bytes = new TextEncoder().encode(JSON.stringify(input)).length;
  if (bytes > MAX_INPUT_BYTES) return { refused: "input_too_large", detail: { bytes, max_bytes: MAX_INPUT_BYTES } };
  if (!inputSchema.safeParse(input).success) {
    return {
      refused: "body_unusable",
      detail: { message: "The body has a zero byte, half a surrogate pair, or a number that is too great." },
    };
  }
  return { input };
}

const pickFrom = (pick: Readonly<Record<string, string>>, body: unknown): JsonObject =>
  Object.fromEntries(
    Object.entries(pick).flatMap(([field, pointer]) => {
      const value = valueAtPointer(body, pointer);
      return value === undefined ? [] : [[field, value]];
    }),
  );
