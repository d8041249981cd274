import { keepTheme } from "../http/pages/theme.tsx";
import { readForm } from "./forms.tsx";
import { Pages } from "./pages.ts";
import { seeOther } from "./render.ts";
import { findOwnPath, START } from "./sign-in/sign-in.tsx";

export const themes = new Pages();

themes.openForm("/app/theme", async (c) => {
  const { values } = await readForm(c);
  keepTheme(c, values.theme);
  return seeOther(c, findOwnPath(values.back, c.req.url) ?? START);
});
