/** An empty Hono app. */
import { Hono } from "hono";

export default new Hono().get("/healthz", (c) => c.text("ok"));
