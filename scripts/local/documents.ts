/**
 * What `npm run check` looks for in the documents: how long they are, whether their links lead somewhere, which events of the log they lack, and
 * whether they count the goals as they are.
 */
import { posix } from "node:path";

/** The most words that a document may have outside of blocks of code, so that a newcomer reads it to its end. */
export const MOST_WORDS: Readonly<Record<string, number>> = {
  "README.md": 1600,
  "ARCHITECTURE.md": 2000,
  "CONTRIBUTING.md": 600,
};

const withoutCode = (markdown: string) => markdown.replaceAll(/^```.*?^```$/gms, "");

/** How many words stand outside of blocks of code. The lines between the cells of a table, and comments, are no words. */
export function countWords(markdown: string): number {
  const text = withoutCode(markdown).replaceAll(/<!--.*?-->/gs, "");
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** The ids that GitHub gives the headings of a document. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...withoutCode(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/**
 * The links of the documents (path → text) that lead to no file, or to no heading of their document.
 * @param exists whether there is such a file or folder, by its path from the root of the project
 */
export function findDeadLinks(documents: ReadonlyMap<string, string>, exists: (path: string) => boolean): string[] {
  return [...documents].flatMap(([path, markdown]) =>
    [...withoutCode(markdown).matchAll(/(?<=\]\()[^)\s]+(?=\))|(?<=(?:src|srcset|href)=")[^"]+(?=")/g)].flatMap(
      ([link]) => {
        if (/^\w+:/.test(link)) return [];
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? path : posix.join(posix.dirname(path), file);
        if (!exists(target)) return [`${path} links to ${link}, and there is no ${target}.`];
        const linked = documents.get(target);
        if (anchor === undefined || linked === undefined || anchorsOf(linked).has(anchor)) return [];
        return [`${path} links to ${link}, and ${target} has no such heading.`];
      },
    ),
  );
}

/** The events that the sources log, each with its level, for which the table of the log has no row. */
export function findUnexplainedEvents(sources: readonly string[], markdown: string): string[] {
  const rows = new Set(
    [...markdown.matchAll(/^\| (`[^|]+`) +\| (\w+) +\|/gm)].flatMap(([, events = "", level]) =>
      [...events.matchAll(/`([^`]+)`/g)].map(([, event]) => `${level} ${event}`),
    ),
  );
  const logged = sources.flatMap((source) =>
    [...source.matchAll(/\blog\(\s*"(\w+)",\s*"([^"]+)"/g)].map(([, level, event]) => `${level} ${event}`),
  );
  return [...new Set(logged)].filter((event) => !rows.has(event));
}

/**
 * The right count of the goals that are met, when README.md has another one than the rows of bench/RESULTS.md. `npm run bench` writes both, but
 * a part that was measured by itself is put into RESULTS.md by hand.
 */
export function findWrongCount(readme: string, results: string): string[] {
  const verdicts = [...results.matchAll(/\| (met|\*\*not met\*\*) +\| `npm run bench/g)].map(([, verdict]) => verdict);
  const count = `${verdicts.filter((verdict) => verdict === "met").length} of ${verdicts.length} are met.`;
  return readme.includes(`](bench/RESULTS.md): ${count}`) ? [] : [count];
}
