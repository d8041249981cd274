/** The language of the examples, which a reader chooses once: `docs.js` keeps the choice in a cookie. Without it, it is for one page. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { LANGUAGES, type Language } from "./snippets.ts";

/** The value of the cookie and of the fields for a language. The style sheet has a rule for each. */
export const choiceOf = (language: Language) => language.toLowerCase();

export function readLanguage(c: Context): Language {
  const chosen = getCookie(c, "language");
  return LANGUAGES.find((language) => choiceOf(language) === chosen) ?? "curl";
}

/** The choice of the language, which stays in sight. */
export const LanguageChoice = ({ chosen }: { chosen: Language }) => (
  <fieldset class="languages">
    <legend class="visually-hidden">Language of the examples</legend>
    {LANGUAGES.map((language) => (
      <label>
        <input
          type="radio"
          name="language"
          value={choiceOf(language)}
          checked={language === chosen}
          autocomplete="off"
        />
        {language}
      </label>
    ))}
  </fieldset>
);
