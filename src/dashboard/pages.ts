import { type Context, Hono } from "hono";
import type { AppEnv } from "../http/env.ts";
import { announceChange } from "../http/middleware/announce-change.ts";
import { requireSameOrigin } from "../http/middleware/authenticate.ts";
import { conditional } from "../http/middleware/conditional.ts";
import { signedIn } from "./signed-in.tsx";

type Answer = (c: Context<AppEnv>) => Response | Promise<Response>;

/**
 * The builder of the dashboard's routes. Who may call a page, conditional requests and the protection of forms from other
 * origins follow from the method that adds it, so no page can be added without its session by mistake.
 */
export class Pages {
  readonly routes = new Hono<AppEnv>();

  /** A GET for somebody who has signed in. It is conditional by `ETag` and `If-None-Match`. */
  page(path: string, answer: Answer): void {
    this.routes.get(path, conditional, signedIn, answer);
  }

  /** A POST of a form by somebody who has signed in, from a page of this service. */
  form(path: string, answer: Answer): void {
    this.routes.post(path, announceChange, signedIn, answer);
  }

  /** A GET for somebody who has signed in that is answered with server-sent events. */
  stream(path: string, answer: Answer): void {
    this.routes.get(path, signedIn, answer);
  }

  /** A GET without a session. */
  openPage(path: string, answer: Answer): void {
    this.routes.get(path, answer);
  }

  /** A POST of a form without a session, from a page of this service. */
  openForm(path: string, answer: Answer): void {
    this.routes.post(path, (c) => {
      requireSameOrigin(c);
      return answer(c);
    });
  }
}
