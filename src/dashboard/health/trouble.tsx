import type { Child } from "hono/jsx";

type TroubleProps = {
  /** A link to what is in trouble. */
  children: Child;
  /** What is wrong, in a few words. */
  what: Child;
  /** The reason in more words, such as the last answer of a runner; null when there is none. */
  reason: string | null;
};

/** One thing that is in trouble, in a list of them. */
export const Trouble = ({ children, what, reason }: TroubleProps) => (
  <li>
    <span class="item-name">{children}</span>
    <span class="wrap">{what}</span>
    {reason !== null && (
      <p class="reason wrap muted">
        <bdi>{reason}</bdi>
      </p>
    )}
  </li>
);
