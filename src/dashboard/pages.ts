/**
 * How a page is made, such as `/app/runs/{id}`: a route (`runs/run-routes.tsx`) calls a read (`viewRun`), one batch of statements that reads
 * everything that the page shows in one request to the database, and passes it to a component. A form's POST performs the same verb as the API.
 * An open page listens at `/app/changes` (`live/`). The messages there have no content: after each one, `live.js` requests the live part of
 * the page.
 */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../http/env.ts";
import { requireSameOrigin } from "../http/middleware/authenticate.ts";
import { conditional } from "../http/middleware/conditional.ts";
import { provideServices } from "../http/middleware/provide-services.ts";
import { signedIn } from "./signed-in.tsx";

type Answer = (c: Context<AppEnv>) => Response | Promise<Response>;

/**
 * The builder of the dashboard's routes. The method that adds a route decides who may call it, whether its GET is conditional,
 * and whether its form is protected against requests of other origins. So no page can be left without a session check by
 * mistake.
 */
export class Pages {
  readonly routes = new Hono<AppEnv>();

  /** A GET for a signed-in user, conditional by `ETag` and `If-None-Match`. */
  page(path: string, answer: Answer): void {
    this.routes.get(path, conditional, signedIn, answer);
  }

  /** A POST of a form by a signed-in user, from a page of this service. */
  form(path: string, answer: Answer): void {
    this.routes.post(path, signedIn, answer);
  }

  /** A GET for a signed-in user, which is answered with server-sent events. */
  stream(path: string, answer: Answer): void {
    this.routes.get(path, signedIn, answer);
  }

  /** A GET that needs no session. */
  openPage(path: string, answer: Answer): void {
    this.routes.get(path, answer);
  }

  /** A POST of a form that needs no session, from a page of this service. */
  openForm(path: string, answer: Answer): void {
    this.routes.post(path, (c) => {
      requireSameOrigin(c);
      provideServices(c, {});
      return answer(c);
    });
  }
}
