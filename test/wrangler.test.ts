import { describe, expect, it } from "vitest";
import readme from "../README.md?raw";
import { readConfig } from "../src/config.ts";
import wrangler from "../wrangler.toml?raw";

const valuesOf = (key: string) => [...wrangler.matchAll(new RegExp(`^${key} = (.+)$`, "gm"))].map(([, value]) => value);

describe("wrangler.toml", () => {
  it("has separate limits in every environment: all five, each with its own number", () => {
    const environments = 1 + [...wrangler.matchAll(/^\[env\.\w+\]$/gm)].length;
    const ids = valuesOf("namespace_id");
    expect(environments).toBeGreaterThan(1);
    expect([ids.length, new Set(ids).size]).toEqual([5 * environments, 5 * environments]);
    for (const id of ids) expect(id).toMatch(/^"[1-9]\d{8}"$/);
    const names = [
      "ADDRESS_LIMITER",
      "FAILURE_LIMITER",
      "CALLER_LIMITER",
      "LARGE_ADDRESS_LIMITER",
      "LARGE_CALLER_LIMITER",
    ];
    for (const name of names) {
      expect(valuesOf("name").filter((value) => value === `"${name}"`)).toHaveLength(environments);
    }
  });

  it("keeps neither traces nor Cloudflare's own lines, which have whole URLs, in any environment", () => {
    const settings = [...wrangler.matchAll(/^\[(.*observability.*)\]\n((?:\w+ = .+\n)*)/gm)].map(([, name, lines]) => [
      name,
      lines,
    ]);
    expect(Object.fromEntries(settings)).toEqual({
      observability: "enabled = true\n",
      "observability.logs": expect.stringContaining("invocation_logs = false\n"),
      "observability.traces": expect.stringContaining("enabled = false\n"),
    });
  });

  it("binds both Durable Objects in every environment, with SQLite and an unchanged migration", () => {
    const environments = 1 + [...wrangler.matchAll(/^\[env\.\w+\]$/gm)].length;
    for (const [binding, className] of [
      ["HUB", "Hub"],
      ["REGISTER", "Register"],
    ]) {
      expect(wrangler.split(`name = "${binding}"\nclass_name = "${className}"\n`)).toHaveLength(1 + environments);
    }
    expect(wrangler.split("[[migrations]]")).toEqual([
      expect.anything(),
      expect.stringMatching(/^\ntag = "v1"\nnew_sqlite_classes = \["Hub", "Register"\]\n/),
    ]);
  });

  it("lets an invocation send as many requests as the largest sweep needs, by the sum in its comment", () => {
    const [, comment = "", limit = ""] = /((?:^#.*\n)+)\[limits\]\s+subrequests = ([\d_]+)$/m.exec(wrangler) ?? [];
    const parts = [...comment.matchAll(/^# {2,}([\d,]+) {2}/gm)].map(([, part = ""]) =>
      Number(part.replaceAll(",", "")),
    );
    expect(parts).toHaveLength(4);
    const sum = parts.reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThan(10_000);
    expect(Number(limit.replaceAll("_", ""))).toBeGreaterThanOrEqual(sum);
    // What stands under [env.staging] is not inherited; this is.
    expect(wrangler.match(/^\[(env\.\w+\.)?limits\]$/gm)).toEqual(["[limits]"]);
  });

  it("lets the Durable Objects be replaced one after another, in every environment: only an option does it at once", () => {
    expect(wrangler).not.toMatch(/^\[.*code_update_strategy\]|^code_update_strategy/m);
  });

  it("makes Workers fetch runners through the public internet, and logs each request once, with the service's own line", () => {
    expect(valuesOf("compatibility_flags")).toEqual([
      '["global_fetch_strictly_public", "enable_request_signal", "new_module_registry"]',
    ]);
    expect(valuesOf("invocation_logs")).toEqual(["false"]);
  });
});

describe("the deploy guide of README.md", () => {
  it("sets every setting that the Worker needs, in a form that it accepts", () => {
    const [, file = ""] = /<<EOF\n(\{[^}]*\})\nEOF/.exec(readme) ?? [];
    const filled = file
      .replace("$DATABASE_URL", "postgres://user:password@ep-name-pooler.eu-central-1.aws.neon.tech/main")
      .replaceAll("$(openssl rand -base64 32)", btoa("0123456789abcdef0123456789abcdef"))
      .replaceAll("$(openssl rand -hex 32)", "0123456789abcdef".repeat(4));
    expect(filled).not.toContain("$");
    const config = readConfig(JSON.parse(filled));
    expect(config.publicUrl).toMatch(/^https:/);
    expect(config.sessions.keys).toBeDefined();
  });
});
