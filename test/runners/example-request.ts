/** The request that docs/runner-protocol.md shows. */
export function exampleRequest(page: string): { headers: Record<string, string>; body: string } {
  const [, request = ""] = /^```http\n(.*?)\n```$/ms.exec(page) ?? [];
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
