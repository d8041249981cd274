/** The small changes of TypeScript that `npm run mutants` draws leave TypeScript. */
import { globSync, readFileSync } from "node:fs";
import { transform } from "esbuild";
import { expect, it } from "vitest";
import { applied, draw, findMutants } from "../../scripts/mutants/draw.ts";

it("a small change of TypeScript has no fault of syntax", async () => {
  const files = globSync("src/**/*.{ts,tsx}").map((path) => ({ path, text: readFileSync(path, "utf8") }));
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const drawn = draw(findMutants(files), 500, 1);
  const faults = await Promise.all(
    drawn.map(async (mutant) => {
      const text = applied(texts.get(mutant.path) ?? "", [mutant]);
      const loader = mutant.path.endsWith("x") ? "tsx" : "ts";
      return transform(text, { loader, jsx: "automatic" }).then(
        () => [],
        ({ message }: Error) => [`${mutant.path}:${mutant.line}: ${message}`],
      );
    }),
  );
  expect(drawn).toHaveLength(500);
  expect(faults.flat()).toEqual([]);
});
