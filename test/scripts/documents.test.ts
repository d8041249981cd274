import { describe, expect, it } from "vitest";
import { countWords, findDeadLinks, findUnexplainedEvents, findWrongCount } from "../../scripts/local/documents.ts";

describe("the length of a document", () => {
  it("is counted in words, outside of blocks of code, comments and the lines of tables", () => {
    expect(countWords("# Two words\n\n| a | b |\n| - | - |\n| c | d |\n\n<!-- not\nme -->\n- five\n")).toBe(7);
    expect(countWords("One\n\n```sh\nnpm ci && npm test\n```\n\ntwo `three` – four\n")).toBe(4);
  });
});

describe("the links of documents", () => {
  const deadLinksOf = (documents: Record<string, string>, files: readonly string[] = []) =>
    findDeadLinks(new Map(Object.entries(documents)), (path) => path in documents || files.includes(path));

  it("lead to files, from the folder of their document, and to headings", () => {
    const documents = {
      "README.md": '[a](docs/a.md#what-it-is--and-why) [b](https://b.example/c.md) <img src="docs/picture.png">',
      "docs/a.md": "# A\n\n## What `it` is – and why\n\n[up](../README.md) [here](#a)\n",
    };
    expect(deadLinksOf(documents, ["docs/picture.png"])).toEqual([]);
  });

  it("are dead without the file, and without the heading", () => {
    const documents = { "README.md": "[a](docs/a.md#gone) [b](b.md)", "docs/a.md": "[c](#c)\n\n```md\n# C\n```\n" };
    expect(deadLinksOf(documents)).toEqual([
      "README.md links to docs/a.md#gone, and docs/a.md has no such heading.",
      "README.md links to b.md, and there is no b.md.",
      "docs/a.md links to #c, and docs/a.md has no such heading.",
    ]);
  });
});

it("an event of the log is explained by the row with its name and its level", () => {
  const table = "| `hub`, `register` | error | x | y |\n| `sweep` | info | x | y |\n";
  const sources = ['log("error", "register", {})', 'log(\n  "error",\n  "sweep")\nlog("info", "sweep")'];
  expect(findUnexplainedEvents(sources, table)).toEqual(["error sweep"]);
});

it("the count of the goals in README.md is that of their rows in RESULTS.md, without the aims, or else it is told", () => {
  const rows = ["met", "**not met**", "met"].map((verdict) => `| a | b | 1 × | ${verdict} | \`npm run bench -- a\` |`);
  const results = [...rows, "| an aim | 1 × | met |"].join("\n");
  expect(findWrongCount("[Every goal](bench/RESULTS.md): 2 of 3 are met.", results)).toEqual([]);
  expect(findWrongCount("[Every goal](bench/RESULTS.md): 12 of 3 are met.", results)).toEqual(["2 of 3 are met."]);
});
