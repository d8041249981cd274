/** A Markdown file as text: the rule of `[[rules]]` in wrangler.toml. */
declare module "*.md" {
  const text: string;
  export default text;
}
