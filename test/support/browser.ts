import { SESSION_SECRET } from "./callers.ts";
import type { Service } from "./service.ts";
import { createTenant, type TestTenant } from "./tenant.ts";

/** The settings with which a service allows sign-ins. */
export const PAGE_SETTINGS = { SESSION_SECRET };

/** Nothing listens at this URL. */
export const ABSENT_RUNNER = "http://127.0.0.1:9/";

const ORIGIN = "https://service.test";

type Fields = Record<string, string | string[]>;

/** A user's browser: it keeps the session cookie, and does not follow redirects. */
export type Browser = {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The HTML of a page. Fails unless the answer is 200. */
  read(path: string): Promise<string>;
  post(path: string, fields?: Fields, headers?: Record<string, string>): Promise<Response>;
  /** Sends a body that is not a form. */
  postJson(path: string, body: string): Promise<Response>;
};

export function toForm(fields: Fields): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => [value].flat().map((text): [string, string] => [name, text])),
  );
}

/** Creates a tenant for a test, and signs its OWNER and its USER in. Its runner does not exist, so runs are never accepted. */
export async function openTenant(service: Service): Promise<{ tenant: TestTenant; owner: Browser; user: Browser }> {
  const tenant = await createTenant(service.database, { runnerUrl: ABSENT_RUNNER });
  const [owner, user] = await Promise.all([signIn(service, tenant.owner.key), signIn(service, tenant.user.key)]);
  return { tenant, owner, user };
}

/** Signs in with an API key, and returns the browser. */
export async function signIn(service: Service, key: string): Promise<Browser> {
  const response = await service.fetch("/app/sign-in", {
    method: "POST",
    headers: { Origin: ORIGIN },
    body: toForm({ key }),
    redirect: "manual",
  });
  const cookie = response.headers.get("Set-Cookie")?.split(";")[0];
  if (response.status !== 303 || cookie === undefined) throw new Error(`sign-in: ${response.status}`);
  const get: Browser["get"] = (path, headers) =>
    service.fetch(path, { headers: { Cookie: cookie, ...headers }, redirect: "manual" });
  const send = (path: string, body: BodyInit, headers?: Record<string, string>) =>
    service.fetch(path, {
      method: "POST",
      headers: { Cookie: cookie, Origin: ORIGIN, ...headers },
      body,
      redirect: "manual",
    });
  return {
    get,
    async read(path) {
      const page = await get(path);
      if (page.status !== 200) throw new Error(`${path}: ${page.status} ${await page.text()}`);
      return page.text();
    },
    post: (path, fields = {}, headers) => send(path, toForm(fields), headers),
    postJson: (path, body) => send(path, body, { "Content-Type": "application/json" }),
  };
}

const decoded = (text: string) =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

/** What a browser sends of the form of a page with this action when nobody has changed anything in it. */
export async function untouchedForm(html: string, action: string): Promise<Record<string, string>> {
  const fields: Record<string, string> = {};
  const of = `form[action="${action}"]`;
  let name = "";
  const begin = (element: Element) => {
    name = element.getAttribute("name") ?? "";
  };
  await new HTMLRewriter()
    .on(`${of} input[name]`, {
      element(input) {
        const type = input.getAttribute("type") ?? "text";
        if (/^(checkbox|radio)$/.test(type) && !input.hasAttribute("checked")) return;
        const value = decoded(input.getAttribute("value") ?? "");
        fields[input.getAttribute("name") ?? ""] = type === "text" ? value.replaceAll(/[\r\n]/g, "") : value;
      },
    })
    .on(`${of} textarea[name]`, {
      element(area) {
        begin(area);
        fields[name] = "";
      },
      text: ({ text }) => {
        fields[name] += decoded(text);
      },
    })
    .on(`${of} select[name]`, { element: begin })
    .on(`${of} select[name] option`, {
      element(option) {
        if (fields[name] === undefined || option.hasAttribute("selected")) {
          fields[name] = decoded(option.getAttribute("value") ?? "");
        }
      },
    })
    .transform(new Response(html))
    .text();
  return fields;
}
