/** Files that a test imports as text. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}
