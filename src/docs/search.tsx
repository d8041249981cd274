/** The search of the documentation: operations, sections of the guides, and errors, by words of them. */
import { PROBLEMS } from "../http/problems.ts";
import { type Group, operationHref } from "./groups.ts";
import { GUIDES } from "./guides/guides.ts";
import { sectionsOf } from "./guides/html.ts";

type Found = { href: string; title: string; detail: string };

/** Something that can be found. A word counts most in its title, less in its other names, and least in its text. */
type Entry = Found & { names: string; text: string };
type Kind = { title: string; entries: Entry[] };

const MIN_LENGTH = 2;
/** How many results of a kind are shown, and how many words are looked at. */
const MAX_FOUND = 12;
const MAX_WORDS = 8;

/** All that can be found. It is made once. */
export function indexOf(groups: readonly Group[]): Kind[] {
  const operations = groups.flatMap((group) =>
    group.operations.map((operation) => {
      const { id, method, path, summary, description, parameters, fields } = operation;
      const given = [...parameters, ...fields].map(({ name }) => name).join(" ");
      const detail = `${method} ${path}`;
      return {
        ...{ href: operationHref(group, operation), title: summary, detail },
        ...{ names: `${detail} ${id} ${group.title}`.toLowerCase(), text: `${given} ${description}`.toLowerCase() },
      };
    }),
  );
  const sections = GUIDES.flatMap((guide) =>
    sectionsOf(guide).map(({ id, text, depth, body }) => ({
      ...{ href: `/docs/${guide.slug}${depth === 1 ? "" : `#${id}`}`, title: text, detail: guide.title },
      ...{ names: `${guide.title} ${depth === 1 ? guide.summary : ""}`.toLowerCase(), text: body.toLowerCase() },
    })),
  );
  const errors = Object.entries(PROBLEMS).map(([code, { status, title, detail }]) => ({
    ...{ href: `/docs#error-${code}`, title: `${status} ${title}`, detail: code },
    ...{ names: `${code} error`, text: detail.toLowerCase() },
  }));
  return [
    { title: "Operations", entries: operations },
    { title: "Guides", entries: sections },
    { title: "Errors", entries: errors },
  ];
}

/** How well an entry is described by the words: 0 when one of them is not in it at all. */
function scoreOf({ title, names, text }: Entry, words: readonly string[]): number {
  const shown = title.toLowerCase();
  const scores = words.map((word) => {
    if (shown.split(/[^\p{L}\p{N}_]+/u).some((one) => one === word || one === `${word}s`)) return 40;
    // "timezone" finds "time zones".
    if (shown.includes(word) || shown.replaceAll(" ", "").includes(word)) return 25;
    if (names.includes(word)) return 10;
    return Math.min(text.split(word).length - 1, 5);
  });
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0);
}

const isSection = ({ href }: Entry) => href.includes("#");

/** The entries of a kind that have all words, the best ones first, whole pages before sections, and the score of the best one. */
function find({ title, entries }: Kind, words: readonly string[]) {
  const scored = entries
    .map((entry) => ({ entry, score: scoreOf(entry, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || Number(isSection(a.entry)) - Number(isSection(b.entry)));
  return { title, best: scored[0]?.score ?? 0, found: scored.slice(0, MAX_FOUND).map(({ entry }) => entry) };
}

/** The results for a text, by kinds, the kind with the best one first. While somebody types, `find.js` shows them below the search box. */
export const Results = ({ index, text }: { index: readonly Kind[]; text: string }) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);
  const isShort = text.length < MIN_LENGTH;
  const kinds = isShort ? [] : index.map((kind) => find(kind, words)).sort((a, b) => b.best - a.best);
  return (
    <div id="answers" class="answers">
      {kinds.map(
        ({ title, found }) =>
          found.length > 0 && (
            <>
              <h2>{title}</h2>
              <ul>
                {found.map(({ href, title: name, detail }) => (
                  <li>
                    <a href={href}>
                      <span class="name">{name}</span>
                      <code class="muted">{detail}</code>
                    </a>
                  </li>
                ))}
              </ul>
            </>
          ),
      )}
      {kinds.every(({ found }) => found.length === 0) && (
        <p>{isShort ? "Type at least two characters." : "Nothing was found."}</p>
      )}
    </div>
  );
};
