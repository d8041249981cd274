import { plural } from "../../format.ts";
import { MAX_NEW, type News } from "./shown.ts";

/** A link to the list as it is now, when that differs from what is shown. It loads only the list, so that ticks are kept. */
export const ListNews = ({ news, href }: { news: News; href: string }) => (
  <p class="news" role="status">
    {(news.come > 0 || news.gone > 0) && (
      <a
        id="news"
        class="button small"
        href={href}
        hx-get={href}
        hx-target="#live"
        hx-select="#live"
        hx-swap="outerMorph"
        hx-sync="#live:replace"
      >
        {wordsOf(news)}
      </a>
    )}
  </p>
);

function wordsOf({ come, gone }: News): string {
  const left = `${plural(gone, "run")} no longer ${gone === 1 ? "matches" : "match"}`;
  if (come === 0) return left;
  const arrived = come > MAX_NEW ? `${MAX_NEW}+ new runs` : plural(come, "new run");
  return gone === 0 ? arrived : `${arrived}, ${left}`;
}
