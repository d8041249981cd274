/** Imports a Markdown file as text. See `[[rules]]` in wrangler.toml. */
declare module "*.md" {
  const text: string;
  export default text;
}
