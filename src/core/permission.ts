export const CAPABILITIES = ["READ_ONLY", "READ_WRITE"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** How many grants a user may have. Each list looks through all of them. */
export const MAX_GRANTS = 50;
