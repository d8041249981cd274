import type { Child } from "hono/jsx";
import { Page } from "../../layout.tsx";

/** The page from which the browser goes back to whoever has asked for the sign-in. It leaves it for `link` at once: see the header `Refresh`. */
export const BackPage = ({ to, link, children }: { to: string; link: string; children: Child }) => (
  <Page title={`Back to ${to}`}>
    <div class="narrow">
      <h1>Back to {to}</h1>
      <section class="card stack">
        <p>{children}</p>
        <p>
          <a class="button" href={link}>
            Go there, if your browser does not
          </a>
        </p>
      </section>
    </div>
  </Page>
);
