import { plural } from "../../format.ts";
import { MAX_NEW, type News } from "./shown.ts";

type ListNewsProps = {
  news: News;
  href: string;
  /** The prefix of the ids of the list's rows: see `RunList`. */
  list?: string;
  /** What a run that has left the list does no longer, for one run and for several. */
  left?: readonly [one: string, several: string];
};

/** A link to the list as it is now, when that differs from what is shown. It loads only the list, so that ticks are kept. */
export const ListNews = ({ news, href, list = "run", left = ["matches", "match"] }: ListNewsProps) => (
  <p class="news" role="status">
    {(news.come > 0 || news.gone > 0) && (
      <a
        id={`news-of-${list}`}
        data-news-of={list}
        class="button small"
        href={href}
        hx-get={href}
        hx-target="#live"
        hx-select="#live"
        hx-swap="outerMorph"
        hx-sync="#live:replace"
      >
        {wordsOf(news, left)}
      </a>
    )}
  </p>
);

function wordsOf({ come, gone }: News, [one, several]: readonly [string, string]): string {
  const left = `${plural(gone, "run")} no longer ${gone === 1 ? one : several}`;
  if (come === 0) return left;
  const arrived = come > MAX_NEW ? `${MAX_NEW}+ new runs` : plural(come, "new run");
  return gone === 0 ? arrived : `${arrived}, ${left}`;
}
