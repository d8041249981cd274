/** An input of twice the size must take about twice the time. Otherwise a few requests could keep a Worker busy. */
import { describe, expect, it } from "vitest";
import { pages } from "../../src/dashboard/routes.ts";
import { PAGE_SETTINGS, toForm } from "../support/browser.ts";
import { at } from "../support/contract.ts";
import { document, type Operation, operations } from "../support/document.ts";
import { inTurn } from "../support/in-turn.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const KIB = 1024;
/** The size of the largest body that is accepted. */
const LARGE = 64 * KIB;
/** A little less than the largest accepted size of header fields, not counting those that every request has. */
const LARGE_HEAD = 31 * KIB;

/** Shorter times cannot be measured well, and are too short for an attack. */
const HARMLESS_MS = 60;

type Request = { path: string; init: RequestInit<IncomingRequestCfProperties> };

const service = await startService({ settings: PAGE_SETTINGS });
const tenant = await createTenant(service.database);
const response = await service.fetch("/app/sign-in", {
  method: "POST",
  headers: { "Sec-Fetch-Site": "same-origin" },
  body: toForm({ key: tenant.owner.key }),
  redirect: "manual",
});
const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
expect(cookie).not.toBe("");

/** As many pieces as a text of about this size needs. */
function fill(size: number, piece: (i: number) => string): string {
  let text = "";
  for (let i = 0; text.length < size - 100; i++) text += piece(i);
  return text;
}

/** JSON bodies with as much as possible of what may be slow, by the names of the fields that the operation has. */
const JSON_BODIES: Record<string, (size: number, fields: string[]) => string> = {
  "many unknown fields": (size) => `{${fill(size, (i) => `"k${i}":0,`)}"k":0}`,
  "one field many times": (size, [name = "a"]) => `{${fill(size, () => `"${name}":0,`)}"${name}":0}`,
  "a long text in each field": (size, names) => inEach(names, (share) => JSON.stringify("a.".repeat(share / 2)), size),
  "a long text of what must not be in it": (size, names) =>
    inEach(names, (share) => `"${"\\u0000".repeat(share / 6)}"`, size),
  "a long list in each field": (size, names) => inEach(names, (share) => `[${"0,".repeat(share / 2 - 1)}0]`, size),
  "many empty objects in each field": (size, names) =>
    inEach(names, (share) => `[${"{},".repeat(share / 3 - 1)}{}]`, size),
  "many fields in each field": (size, names) =>
    inEach(names, (share) => `{${fill(share, (i) => `"k${i}":0,`)}"k":0}`, size),
  "no JSON": (size) => '"\\'.repeat(size / 2),
};

function inEach(names: string[], value: (share: number) => string, size: number): string {
  const fields = names.length > 0 ? names : ["a"];
  const share = Math.floor((size - 40 * fields.length) / fields.length);
  return `{${fields.map((name) => `${JSON.stringify(name)}:${value(share)}`).join(",")}}`;
}

const FORMS: Record<string, { type: string; body: (size: number) => string }> = {
  "many fields of one name": { type: "application/x-www-form-urlencoded", body: (size) => fill(size, () => "a&") },
  "many fields": { type: "application/x-www-form-urlencoded", body: (size) => fill(size, (i) => `a${i}&`) },
  "a long field": { type: "application/x-www-form-urlencoded", body: (size) => `key=${fill(size, () => "%00")}` },
  "many parts": {
    type: "multipart/form-data; boundary=b",
    body: (size) => `${fill(size, () => '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n')}--b--\r\n`,
  },
};

/** JSON that a person types into a field of a form. */
const TYPED: Record<string, (size: number) => string> = {
  "a long name before many values": (size) => `{"${"a".repeat(size / 2)}":[${"0,".repeat(size / 4 - 20)}0]}`,
  "many names in each other": (size) => `${'{"a":['.repeat(15)}${fill(size - 200, () => "0,")}0${"]}".repeat(15)}`,
  "a fault in each line": (size) => `[${fill(size - 10, () => '"\\u0000",\r\n')}0]`,
  "many lines, and the end is missing": (size) => `[${fill(size - 10, () => "0,\r\n")}`,
};

/** Query parameters and headers that any request may have. */
const HEADS: Record<string, (size: number) => { query?: string; headers?: Record<string, string> }> = {
  "many parameters": (size) => ({ query: fill(size, () => "a&") }),
  "many parameters of one name": (size) => ({ query: fill(size, () => "limit=a&") }),
  "a long cookie": (size) => ({ headers: { Cookie: fill(size, () => "ks_uat;") } }),
  "a long tag": (size) => ({ headers: { "If-None-Match": fill(size, () => '",') } }),
  "a long credential": (size) => ({ headers: { Authorization: `Bearer ${fill(size, () => "a.")}` } }),
  "many media types": (size) => ({ headers: { Accept: fill(size, () => "a;q=0,") } }),
  "many languages": (size) => ({ headers: { "Accept-Language": fill(size, () => "a;q=0,") } }),
};

async function takeMs({ path, init }: Request): Promise<number> {
  const began = performance.now();
  const response = await service.fetch(path, { ...init, redirect: "manual" });
  await response.arrayBuffer();
  expect(response.status).not.toBe(500);
  return performance.now() - began;
}

/** A request that takes too long is measured again, since the machine may be busy: for at least five seconds, before the test fails. */
const ROUNDS = 50;
const PAUSE_MS = 100;

/** Uses the shortest of several measurements, since disturbances only make them longer. */
async function expectLinear(request: (size: number) => Request, largest = LARGE): Promise<void> {
  let [small, large] = [await takeMs(request(largest / 2)), await takeMs(request(largest))];
  for (let round = 0; round < ROUNDS && large > HARMLESS_MS && large > 2.5 * small; round++) {
    await scheduler.wait(PAUSE_MS);
    small = Math.min(small, await takeMs(request(largest / 2)));
    large = Math.min(large, await takeMs(request(largest)));
  }
  expect(large).toBeLessThanOrEqual(Math.max(HARMLESS_MS, 2.5 * small));
}

const pathOf = ({ path }: Operation) => path.replaceAll(/\{\w+\}/g, crypto.randomUUID());

const fieldsOf = ({ bodySchema }: Operation): string[] => {
  const name =
    String(at(bodySchema ?? {}).$ref ?? "")
      .split("/")
      .at(-1) ?? "";
  return Object.keys(at(document, "components", "schemas", name, "properties"));
};

describe("64 KiB take at most 2.5 times what 32 KiB take", () => {
  const cases = Object.keys(JSON_BODIES);
  it.each(operations.filter(({ bodySchema }) => bodySchema !== undefined))(
    "as the body of $operationId",
    async (operation) => {
      const fields = fieldsOf(operation);
      expect(fields.length).toBeGreaterThan(0);
      const headers = { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" };
      for (const name of inTurn(cases, 4, operation.operationId)) {
        await expectLinear((size) => ({
          path: pathOf(operation),
          init: { method: operation.method, headers, body: JSON_BODIES[name]?.(size, fields) ?? "" },
        }));
      }
    },
  );

  const forms = pages.routes.filter(({ method, path }) => method === "POST" && path.startsWith("/app/"));
  it.each([...new Set(forms.map(({ path }) => path))])("as a form for %s", async (path) => {
    for (const { type, body } of inTurn(Object.values(FORMS), 2, path)) {
      const headers = { Cookie: cookie, "Sec-Fetch-Site": "same-origin", "Content-Type": type };
      await expectLinear((size) => ({
        path: path.replaceAll(/:\w+/g, crypto.randomUUID()),
        init: { method: "POST", headers, body: body(size) },
      }));
    }
  });

  it.each([
    ["/app/workflows/:id/invoke", "input"],
    ["/app/workflows/:id/triggers/new", "input"],
    ["/app/workflows/:id/policy", "input_schema"],
  ])("as JSON in a form for %s", async (path, field) => {
    const url = path.replace(":id", crypto.randomUUID());
    for (const json of Object.values(TYPED)) {
      const requestOf = (size: number) => {
        const body = new FormData();
        body.set(field, json(size - KIB));
        return {
          path: url,
          init: { method: "POST", headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin" }, body },
        };
      };
      await expectLinear(requestOf);
      const { path: sentTo, init } = requestOf(LARGE);
      expect((await service.fetch(sentTo, init)).status).not.toBe(413);
    }
  });

  it.each(Object.keys(HEADS))("as %s in any request, whether it is accepted or refused", async (name) => {
    const requestOf = (operation: Operation) => (size: number) => {
      const { query = "", headers = {} } = HEADS[name]?.(size) ?? {};
      const Authorization = `Bearer ${tenant.owner.key}`;
      const init = { method: operation.method, headers: { Authorization, ...headers } };
      return { path: `${pathOf(operation)}?${query}`, init };
    };
    for (const operation of inTurn(operations, 40, name)) {
      await expectLinear(requestOf(operation), LARGE_HEAD);
      await expectLinear(requestOf(operation));
    }
  });
});
