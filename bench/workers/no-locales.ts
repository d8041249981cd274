/** In the place of the translations of zod. */
export {};
