/** A part of a file: the first byte, and how many. */
export type Range = { offset: number; length: number };

/**
 * The part of a file of `size` bytes that a header `Range` asks for (RFC 9110, 14). Null for the whole file: the header asks for
 * several parts, is not in bytes, or is none. "unsatisfiable" when the file has no byte of the part.
 */
export function readRange(header: string | undefined, size: number): Range | null | "unsatisfiable" {
  const [, first = "", last = ""] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { offset: size - length, length };
  }
  const [offset, end] = [Number(first), last === "" ? size - 1 : Math.min(Number(last), size - 1)];
  if (last !== "" && Number(last) < offset) return null;
  return offset >= size ? "unsatisfiable" : { offset, length: end - offset + 1 };
}
