/**
 * What the bundler puts in place of `zod` (see `[alias]` in wrangler.toml): the same library without its
 * translations, which are a third of a naive bundle. @hono/zod-openapi takes zod as one namespace object,
 * so the bundler cannot see by itself that nothing uses them.
 */

export * from "../node_modules/zod/v4/classic/checks.js";
export * as coerce from "../node_modules/zod/v4/classic/coerce.js";
export * from "../node_modules/zod/v4/classic/compat.js";
export * from "../node_modules/zod/v4/classic/errors.js";
export * as iso from "../node_modules/zod/v4/classic/iso.js";
export * from "../node_modules/zod/v4/classic/parse.js";
export * from "../node_modules/zod/v4/classic/schemas.js";
export { config, globalRegistry, NEVER, regexes, registry, util } from "../node_modules/zod/v4/core/index.js";
export * as z from "./zod-without-locales.ts";
