/** The search of the documentation: operations, sections of the guides, and errors, by words of them. */
import { PROBLEMS } from "../http/problems.ts";
import { type Group, operationHref } from "./groups.ts";
import { GUIDES, headingsOf } from "./guides.ts";

type Found = { href: string; title: string; detail: string };

/** Something that can be found. `names` count more than `text`. */
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
        ...{ names: `${summary} ${detail} ${id} ${group.title}`.toLowerCase() },
        ...{ text: `${given} ${description}`.toLowerCase() },
      };
    }),
  );
  const sections = GUIDES.flatMap((guide) =>
    [{ id: "", text: guide.title }, ...headingsOf(guide)].map(({ id, text }) => ({
      ...{ href: `/docs/${guide.slug}${id === "" ? "" : `#${id}`}`, title: text, detail: guide.title },
      ...{ names: `${text} ${guide.title}`.toLowerCase(), text: "" },
    })),
  );
  const errors = Object.entries(PROBLEMS).map(([code, { status, title, detail }]) => ({
    ...{ href: `/docs#error-${code}`, title: `${status} ${title}`, detail: code },
    ...{ names: `${status} ${title} ${code} error`.toLowerCase(), text: detail.toLowerCase() },
  }));
  return [
    { title: "Operations", entries: operations },
    { title: "Guides", entries: sections },
    { title: "Errors", entries: errors },
  ];
}

/** The entries that contain all words. Those whose names contain them come first. */
function find(entries: readonly Entry[], words: readonly string[]): Found[] {
  const has = (text: string) => words.every((word) => text.includes(word));
  const [named, others] = [true, false].map((isNamed) =>
    entries.filter(({ names, text }) => has(names) === isNamed && has(`${names} ${text}`)),
  );
  return [...(named ?? []), ...(others ?? [])].slice(0, MAX_FOUND);
}

/** The results for a text. While somebody types, `find.js` shows them below the search box. */
export const Results = ({ index, text }: { index: readonly Kind[]; text: string }) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);
  const isShort = text.length < MIN_LENGTH;
  const kinds = isShort ? [] : index.map(({ title, entries }) => ({ title, found: find(entries, words) }));
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
