import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { yamlOf } from "../src/cli/as-code/export.ts";
import { isHarmless } from "../src/cli/output.ts";

describe("an exported file", () => {
  it("has nothing that a terminal would obey, and the same content when it is read", () => {
    const content = {
      root: "/workflows",
      workflows: {
        "/workflows/invoice\u202efdp.exe": {
          description: "clears the screen: \u001b[2J\u009b2J\nand goes on\u2028with \u0085 and \u007f",
          labels: ["plain", "right-to-left mark \u200f", "a long text ".repeat(20), "carriage\rreturn"],
        },
      },
    };
    const text = yamlOf(content, "https://runs.example.com");
    expect([text, isHarmless(text)]).toEqual([text, true]);
    expect(parse(text)).toEqual(content);
  });

  it("is as readable as before where there is nothing of that kind", () => {
    const text = yamlOf(
      { workflows: { "/workflows/Report für 東京": { description: "one\ntwo\n" } } },
      "https://x.example",
    );
    expect(text).toContain("/workflows/Report für 東京:");
    expect(text).toContain("description: |\n      one\n      two\n");
  });
});
