/**
 * What the bundler puts in place of `zod` (see `[alias]` in wrangler.toml): of the same library what is used here.
 * @hono/zod-openapi takes zod as one namespace object, so the bundler cannot see by itself that nothing uses its
 * translations, and most of the rest. Whoever needs more of zod adds it here; without, the Worker does not start, and
 * `npm run check` says so.
 */

import { number as coercedNumber } from "../node_modules/zod/v4/classic/coerce.js";
import { datetime } from "../node_modules/zod/v4/classic/iso.js";

export {
  any,
  array,
  boolean,
  email,
  enum,
  guid,
  int,
  literal,
  null,
  number,
  object,
  preprocess,
  record,
  strictObject,
  string,
  stringbool,
  tuple,
  union,
  unknown,
  url,
  ZodType,
} from "../node_modules/zod/v4/classic/schemas.js";
export { NEVER } from "../node_modules/zod/v4/core/index.js";
export * as z from "./zod-as-used.ts";

export const coerce = { number: coercedNumber };
export const iso = { datetime };
