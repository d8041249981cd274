/** Makes a request of a plan. */

import type { Json } from "../support/contract.ts";
import { at } from "../support/contract.ts";
import { findOperation, type Operation } from "../support/document.ts";
import { type Call, callOf } from "../support/operations.ts";
import { fillIds } from "./ids.ts";
import type { Carrier, KnownCaller, Plan, Twist, Wire } from "./plan.ts";
import type { World } from "./world.ts";

/** What is sent, in its parts: the texts of the path and of the raw query as they are in the URL. */
export type Draft = {
  operation: Operation;
  path: Map<string, string>;
  query: Map<string, string[]>;
  rawQuery: string;
  headers: [string, string][];
  /** Undefined for none. */
  body: Json | undefined;
  wire: Wire | undefined;
  carrier: Carrier;
  token: string | undefined;
  /** How often it is sent. */
  times: number;
};

/** The parameters in a path of this form; null when it has another one. */
export function readPath(template: string, path: string): Map<string, string> | null {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const values = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "([^/]+)")}$`).exec(path)?.slice(1);
  return values ? new Map(names.map((name, index) => [name, values[index] ?? ""])) : null;
}

/** A call that works, with the plan's twists. */
export async function draftOf(world: World, { operationId, twists }: Plan): Promise<Draft> {
  const operation = findOperation(operationId);
  const call = world.calls.get(operationId) ?? (await callOf(operationId, world.stage));
  world.calls.set(operationId, call);
  const url = new URL(call.path, "https://service.test");
  const { body = undefined }: { body?: Json } = JSON.parse(JSON.stringify({ body: call.body }));
  const draft: Draft = {
    operation,
    path: readPath(operation.path, url.pathname) ?? new Map(),
    query: new Map([...url.searchParams].map(([name, value]) => [name, [value]])),
    rawQuery: "",
    headers: [
      ...(body === undefined ? [] : [["Content-Type", "application/json"] satisfies [string, string]]),
      ...Object.entries(call.headers ?? {}),
    ],
    body,
    wire: undefined,
    carrier: "header",
    times: 1,
    token: await world.known[callerOf(call)](call),
  };
  for (const twist of twists) await apply(world, draft, call, twist);
  return draft;
}

/** Who may make a call, as long as nothing is done to it. */
function callerOf({ runId, sessionToken, invitedEmail }: Call): KnownCaller {
  if (invitedEmail !== undefined) return "invited";
  return runId === undefined && sessionToken === undefined ? "owner" : "runner";
}

async function apply(world: World, draft: Draft, call: Call, twist: Twist): Promise<void> {
  const fill = (value: Json) => fillIds(value, world.ids);
  switch (twist.kind) {
    case "caller":
      draft.token = await world.known[twist.name](call);
      break;
    case "unknown caller":
      draft.token = await world.unknown[twist.number % world.unknown.length]?.(call);
      break;
    case "carrier":
      draft.carrier = twist.carrier;
      break;
    case "path":
      draft.path.set(twist.name, twist.text);
      break;
    case "id":
      draft.path.set(twist.name, encodeURIComponent(String(fill(twist.id))));
      break;
    case "query":
      draft.query.set(
        twist.name,
        twist.values.map((value) => String(fill(value))),
      );
      break;
    case "raw query":
      draft.rawQuery += `&${twist.text}`;
      break;
    case "no query":
      draft.query.delete(twist.name);
      break;
    case "header":
      draft.headers = [...draft.headers.filter(([name]) => name !== twist.name), [twist.name, twist.value]];
      break;
    case "many headers":
      for (let i = 0; i < twist.count; i++) draft.headers.push([`X-Header-${i}`, "a"]);
      break;
    case "field":
      draft.body = { ...at(draft.body), ...Object.fromEntries([[twist.name, fill(twist.value)]]) };
      break;
    case "no field": {
      const { [twist.name]: _, ...others } = at(draft.body);
      draft.body = others;
      break;
    }
    case "body":
      draft.body = fill(twist.value);
      break;
    case "wire":
      draft.wire = twist.how;
      break;
    case "again":
      draft.times += 1;
      break;
  }
}

/** Where it is sent, and as what. */
export type Sent = { path: string; init: RequestInit<IncomingRequestCfProperties> & { method: string } };

export function requestOf(draft: Draft): Sent {
  const path = draft.operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => draft.path.get(name) ?? "");
  const query = new URLSearchParams(
    [...draft.query].flatMap(([name, values]) => values.map((value): [string, string] => [name, value])),
  );
  const headers = new Headers();
  for (const [name, value] of [...draft.headers, ...credentials(draft)]) headers.append(name, value);
  const { method } = draft.operation;
  const body = method === "GET" ? undefined : bodyOf(draft);
  if (body !== undefined && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  return { path: `${path}?${query}${draft.rawQuery}`, init: { method, headers, ...(body !== undefined && { body }) } };
}

function credentials({ token, carrier }: Draft): [string, string][] {
  if (token === undefined) return [];
  switch (carrier) {
    case "header":
      return [["Authorization", `Bearer ${token}`]];
    case "lower case":
      return [["authorization", `bearer   ${token}`]];
    case "basic":
      return [["Authorization", `Basic ${btoa(`user:${token}`)}`]];
    case "no scheme":
      return [["Authorization", token]];
    case "cookie":
      return [["Cookie", `ks_uat=${token}`]];
    case "own cookie":
      return [
        ["Cookie", `ks_uat=${token}`],
        ["Sec-Fetch-Site", "same-origin"],
      ];
    case "both":
      return [
        ["Authorization", "Bearer nonsense"],
        ["Cookie", `ks_uat=${token}`],
      ];
  }
}

const LARGE = 70_000;

const nested = (depth: number) => `${'{"a":['.repeat(depth)}${"]}".repeat(depth)}`;

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}

function bodyOf({ body, wire }: Draft): BodyInit | undefined {
  const json = body === undefined ? "" : JSON.stringify(body);
  switch (wire) {
    case undefined:
      return body === undefined ? undefined : json;
    case "truncated":
      return json.slice(0, -1);
    case "no body":
      return undefined;
    case "blanks":
      return " \n\t";
    case "byte order mark":
      return `\ufeff${json}`;
    case "bad UTF-8":
      return new Uint8Array([
        ...new TextEncoder().encode('{"name":"'),
        0xff,
        0xc0,
        0x80,
        ...new TextEncoder().encode('"}'),
      ]);
    case "UTF-16":
      return new Uint8Array(Uint16Array.from(json, (unit) => unit.charCodeAt(0)).buffer);
    case "deep":
      return nested(17);
    case "very deep":
      return nested(5_000);
    case "too large":
      return JSON.stringify("x".repeat(LARGE));
    case "streamed":
      return streamOf(json);
    case "streamed and too large":
      return streamOf(JSON.stringify("x".repeat(LARGE)));
    case "a name twice":
      return json.replace(/^\{("[^"]*"):/, "{$1:1,$1:");
    case "__proto__":
      return json.replace(/^\{/, '{"__proto__":{"name":"a"},');
    case "trailing comma":
      return json.replace(/\}$/, ",}");
    case "huge number":
      return json.replace(/^\{/, '{"max_run_duration_seconds":1e999,');
    case "form":
      return new URLSearchParams({ name: "a" }).toString();
  }
}
