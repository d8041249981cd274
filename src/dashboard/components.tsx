/** The building blocks of the pages. hono/jsx escapes all text. */
import { type Child, createContext } from "hono/jsx";
import type { Obstacle } from "../http/problems.ts";
import { formatAgo, formatCurl, formatExactly, formatInstant, roundAgo, secondsBetween, shortId } from "./format.ts";
import { growing } from "./live/kit/ticking.tsx";
import { forReader } from "./wording.ts";

/** An instant in UTC, which `app.js` replaces by the local time, without the year if it is the current one. The exact instant is shown on hover. */
export const Time = ({ at, withSeconds = false }: { at: string; withSeconds?: boolean }) => (
  <time
    datetime={at}
    title={formatExactly(at)}
    data-seconds={withSeconds}
    data-short={Number(at.slice(8, 10)) < 10 ? "" : undefined}
    data-year={at.startsWith(`${new Date().getUTCFullYear()}-`) ? undefined : ""}
  >
    {withSeconds ? formatExactly(at) : formatInstant(at)}
  </time>
);

/**
 * How long ago an instant was. The exact instant is shown on hover, and while the row has the focus. `now` is the database's
 * clock.
 */
export const Ago = ({ at, now, focusable = false }: { at: string; now: string; focusable?: boolean }) => (
  <time
    class="ago"
    datetime={at}
    data-ago={roundAgo(secondsBetween(at, now))}
    data-exact={formatExactly(at)}
    {...(focusable && { tabindex: 0 })}
  >
    {formatAgo(secondsBetween(at, now))}
  </time>
);

/** A button that copies a text. It is hidden without JavaScript. */
export const Copy = ({ text, label, children }: { text: string; label: string; children?: Child }) => (
  <button type="button" class="copy" data-copy={text} aria-label={children ? undefined : label} title={label} hidden>
    {children ?? (
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M5.5 5.5h8v8h-8zM10.500 2.500h-8v8" />
      </svg>
    )}
  </button>
);

/** A button that copies a curl command for the same data that the page shows. */
export const CopyCurl = ({ url, method = "GET" }: { url: string; method?: "GET" | "POST" }) => (
  <Copy text={formatCurl(url, method)} label="Copy as curl, which takes the API key from $API_KEY">
    Copy as curl
  </Copy>
);

/** The end of an id, with the whole id on hover and a button that copies it. */
export const Id = ({ id, href }: { id: string; href?: string }) => (
  <span class="id">
    {href ? (
      <a href={href} title={id}>
        {shortId(id)}
      </a>
    ) : (
      <code title={id}>{shortId(id)}</code>
    )}
    <Copy text={id} label={`Copy the id ${id}`} />
  </span>
);

/** A name that a user chose. Its writing direction does not affect the text around it, and a long one is cut. */
export const Name = ({ children }: { children: string }) => (
  <bdi class="name" title={children}>
    {children === "" ? "(no name)" : children}
  </bdi>
);

type WorkflowNameProps = { id: string; name: string; isVisible: boolean; query?: string };

/** The name of a workflow: a link for those who may see the workflow. `query` is for the page of the workflow, such as `?period=7d`. */
export const WorkflowName = ({ id, name, isVisible, query = "" }: WorkflowNameProps) =>
  isVisible ? (
    <a href={`/app/workflows/${id}${query}`}>
      <Name>{name}</Name>
    </a>
  ) : (
    <Name>{name}</Name>
  );

export const Path = ({ children }: { children: string }) => (
  <bdi class="path" title={children}>
    {children}
  </bdi>
);

type BarProps = {
  value: number;
  label: string;
  kind?: string;
  /** Set when the bar shows the time that has passed between two instants. The bar then grows in the browser. */
  passing?: { from: string; to: string; now: string };
};

/** A share of a whole, from 0 to 1, as a bar. `label` says it in words. */
export const Bar = ({ value, label, kind = "", passing }: BarProps) => (
  <svg class={`bar ${kind}`} viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={label}>
    <title>{label}</title>
    <rect class="track" width="100" height="6" rx="3" />
    <rect
      class="fill"
      width={Math.max(0, Math.min(100, Math.round(value * 100)))}
      height="6"
      rx="3"
      {...(passing && growing({ ...passing, width: 100 }))}
    />
  </svg>
);

type TableProps = {
  /** Further classes, such as `rows-lead`. */
  kind?: string;
  /** The headings of the columns; false for one that is left out. */
  columns: readonly Child[];
  /** The headings of the columns behind these, which have numbers. */
  numbers?: readonly string[];
  /** The rows. */
  children: Child;
};

/** A list of things, one in each row. */
export const Table = ({ kind = "", columns, numbers = [], children }: TableProps) => (
  <table class={`list ${kind}`.trim()}>
    <thead>
      <tr>
        {columns.map((heading) => heading && <th scope="col">{heading}</th>)}
        {numbers.map((heading) => (
          <th scope="col" class="right">
            {heading}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
);

/** A name and its value in a list of facts. */
export const Fact = ({ name, children }: { name: string; children: Child }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

export const Empty = ({ title, children }: { title: string; children?: Child }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);

/** A command, with a button that copies it. A long one scrolls in its own box. */
export const Command = ({ text, label, isLong = false }: { text: string; label: string; isLong?: boolean }) => (
  <div class={isLong ? "command long" : "command"}>
    <pre tabindex={0}>
      <code>{text}</code>
    </pre>
    <Copy text={text} label={label} />
  </div>
);

/**
 * The id of the dialog around a form; empty outside of dialogs. It keeps the ids of fields unique when a page has several
 * forms.
 */
export const DialogContext = createContext("");

/**
 * A button that opens a dialog with a form. The dialog says what the form will do. It works without JavaScript; with it,
 * `app.js` keeps the focus inside the open dialog.
 */
export const Ask = (props: {
  id: string;
  label: string;
  title: string;
  kind?: "danger" | "primary";
  children: Child;
}) => (
  <>
    <button type="button" class={props.kind} popovertarget={props.id}>
      {props.label}
    </button>
    <div id={props.id} class="ask" popover="auto" role="dialog" aria-label={props.title} tabindex={-1} autofocus>
      <h2>
        <bdi>{props.title}</bdi>
      </h2>
      <DialogContext.Provider value={props.id}>{props.children}</DialogContext.Provider>
      <button type="button" class="quiet" popovertarget={props.id} popovertargetaction="hide">
        Cancel
      </button>
    </div>
  </>
);

type SendProps = {
  action: string;
  label: string;
  kind: string;
  name?: string;
  /**
   * The id of the element in which `app.js` shows the part `data-result` of the answer, so that the page stays. Without JavaScript
   * the answer opens in a tab of its own.
   */
  resultIn?: string;
  children?: Child;
};

/** A form that consists of one button. */
export const Send = (props: SendProps) => (
  <form
    method="post"
    action={props.action}
    {...(props.resultIn && { target: "_blank", rel: "noopener", "data-result-in": props.resultIn })}
  >
    {props.children}
    <button type="submit" class={props.kind} aria-label={props.name}>
      {props.label}
    </button>
  </form>
);

/** Links to the previous and the next page of a list that is paged by limit and offset. */
export const Pages = (props: { total: number; limit: number; offset: number; href: (offset: number) => string }) => {
  const { total, limit, offset, href } = props;
  if (total <= limit && offset === 0) return null;
  return (
    <nav class="pages" aria-label="Pages">
      {offset > 0 ? <a href={href(Math.max(0, offset - limit))}>← Previous</a> : <span />}
      <span>
        {Math.min(offset + 1, total)}–{Math.min(offset + limit, total)} of {total.toLocaleString("en-GB")}
      </span>
      {offset + limit < total ? <a href={href(offset + limit)}>Next →</a> : <span />}
    </nav>
  );
};

/**
 * A part of a page that is refreshed when something changes, while the page is in the foreground. `listen` is the URL of the
 * stream: `/app/changes`, with `?run=` or `?workflow=` to hear of fewer changes. It is null when nothing will change any more;
 * a refresh may set it to null. A refresh also brings the number of questions in the header. See `live.js`.
 */
export const Live = ({
  href,
  listen = "/app/changes",
  children,
}: {
  href: string;
  listen?: string | null;
  children: Child;
}) => (
  <div
    id="live"
    hx-get={href}
    hx-trigger="refresh"
    hx-select="#live"
    hx-select-oob="#questions"
    hx-target="this"
    hx-swap="outerMorph"
    data-live={listen ?? ""}
  >
    {children}
  </div>
);

/** The section of the pages for each kind of obstacle, and what the reader can do there. */
const WAY_OUT: Record<Obstacle["kind"], { section: string; advice: string }> = {
  workflow: { section: "workflows", advice: "change or delete the workflow there" },
  run: { section: "runs", advice: "stop it there, or wait until it has ended" },
  "path part": { section: "files", advice: "rename or move it there" },
  "kept part": { section: "files", advice: "kept by the service" },
};

/** Links to what prevents a change, with what to do about each. */
export const Obstacles = ({ obstacles }: { obstacles: readonly Obstacle[] }) =>
  obstacles.length === 0 ? null : (
    <div>
      <h2>What prevents it</h2>
      <ul class="items">
        {obstacles.map(({ kind, id, name }) => (
          <li>
            <a href={`/app/${WAY_OUT[kind].section}/${id}`}>
              <Name>{forReader(name)}</Name>
            </a>{" "}
            <span class="muted">{WAY_OUT[kind].advice}</span>
          </li>
        ))}
      </ul>
    </div>
  );
