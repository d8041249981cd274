/** Files that a test imports as text. */
declare module "*?raw" {
  const text: string;
  export default text;
}

/** Vite's import of all files that a pattern names: https://vite.dev/guide/features#glob-import. */
interface ImportMeta {
  glob<Module>(pattern: string, options: { query: "?raw"; import: "default"; eager: true }): Record<string, Module>;
}
