/** In the place of the dashboard. */
import { Hono } from "hono";

export const pages = new Hono();
