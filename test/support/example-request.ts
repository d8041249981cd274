/** A request that docs/runner-protocol.md shows: the dispatch is the first, and the message that a run is to stop the second. */
export function exampleRequest(page: string, index = 0): { headers: Record<string, string>; body: string } {
  const [, request = ""] = [...page.matchAll(/^```http\n(.*?)\n```$/gms)][index] ?? [];
  const [head = "", body = ""] = request.split("\n\n");
  const lines = head.split("\n").slice(1);
  return { headers: Object.fromEntries(lines.map((line) => line.split(": "))), body };
}

/** Where a JSON value has what: the paths of its fields, in order, each with the type of its value. */
export function shapeOf(json: unknown, path = ""): string[] {
  if (Array.isArray(json)) return json.flatMap((item) => shapeOf(item, `${path}[]`));
  if (typeof json !== "object" || json === null) return [`${path}: ${json === null ? "null" : typeof json}`];
  return Object.entries(json).flatMap(([name, value]) => shapeOf(value, `${path}.${name}`));
}
