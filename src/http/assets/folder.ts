/** Where the pages load their scripts and styles from. `scripts/collect-assets.ts` writes this file. */
export const ASSETS = "/app/assets/c6ef81506903";
