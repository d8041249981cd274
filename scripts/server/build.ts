/** What `npm run build:server` has written about the Worker, for the server that runs it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const buildSchema = z.object({
  compatibilityDate: z.string(),
  compatibilityFlags: z.array(z.string()),
  /** The modules below `worker/`. The first one has the handlers. */
  modules: z.array(z.string()),
  /** The rate limiters of wrangler.toml, by the names of their bindings. */
  limiters: z.record(z.string(), z.object({ limit: z.number(), period: z.number() })),
  /** By the path of a static file: the headers of its answer. */
  assetHeaders: z.record(z.string(), z.record(z.string(), z.string())),
});

export type ServerBuild = z.infer<typeof buildSchema>;

/** The file, in the folder of the build. */
export const BUILD_FILE = "server.json";

export const readBuild = (folder: string): ServerBuild =>
  buildSchema.parse(JSON.parse(readFileSync(join(folder, BUILD_FILE), "utf8")));
