import type { Child } from "hono/jsx";

type TrailProps = { to: readonly (readonly [href: string, words: Child])[]; children?: Child };

/** The way back: links to the pages above this one, and what this one is called behind them. */
export const Trail = ({ to, children }: TrailProps) => (
  <div class="crumbs">
    {to.map(([href, words], index) => (
      <>
        {index > 0 && "/"} <a href={href}>{words}</a>
      </>
    ))}
    {children && to.length > 0 && "/"} {children}
  </div>
);
