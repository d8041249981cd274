/** Where the pages load their scripts and styles from. `scripts/collect-assets.ts` writes this file. */
export const ASSETS = "/app/assets/ced2399e5249";
