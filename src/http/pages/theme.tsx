/**
 * The colour theme: the system's preference, until the user chooses light or dark. The choice is kept in a cookie, so that it
 * works without JavaScript.
 */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { createContext, useContext } from "hono/jsx";
import type { AppEnv } from "../env.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const COOKIE = "theme";
const YEAR_SECONDS = 365 * 24 * 60 * 60;

const parseTheme = (text: string | undefined): Theme => THEMES.find((theme) => theme === text) ?? "system";

export const readTheme = (c: Context<AppEnv>): Theme => parseTheme(getCookie(c, COOKIE));

export function keepTheme(c: Context<AppEnv>, text: string | undefined): void {
  setCookie(c, COOKIE, parseTheme(text), { path: "/", secure: true, sameSite: "Lax", maxAge: YEAR_SECONDS });
}

/** The theme of the page, and the path to return to after the theme was changed. */
export const ThemeContext = createContext<{ theme: Theme; here: string }>({ theme: "system", here: "/app" });

const NAMES: Record<Theme, string> = { system: "as the system", light: "light", dark: "dark" };

/** A button that switches to the next theme. `keys.js` does it without loading the page again. */
export const ThemeToggle = () => {
  const { theme, here } = useContext(ThemeContext);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const label = `Theme: ${NAMES[theme]}. Change it to: ${NAMES[next]}.`;
  return (
    <form method="post" action="/app/theme" data-theme-form>
      <input type="hidden" name="back" value={here} />
      <button type="submit" class="quiet icon" name="theme" value={next} aria-label={label} title={label}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6" />
          <path d="M8 2a6 6 0 0 1 0 12Z" />
        </svg>
      </button>
    </form>
  );
};
