/**
 * Finds the numbers in a JSON text that reading it would change. JavaScript reads each number as a double: whole numbers beyond 2^53 are
 * rounded, so one id would become another, and two ids one concurrency key. Such a number is refused instead (RFC 8259, section 6).
 *
 * A number is changed when it is whole and would be written with other digits than those that came, however it was written:
 * `9007199254740993`, `9007199254740993.0` and `9.007199254740993e15` are, and `9007199254740992` and `1e300` are not. So is one that no
 * double can hold, such as `1e400`. A number with a fraction stands for the nearest double, as in every language, and is never refused.
 */

type Path = (string | number)[];

/** A whole number of at most 15 digits is never changed, and one with an exponent below 100 never too great. */
const SUSPECT = /\d[\d.]{15}|\d[eE]\+?\d{3}/;

const NUMBER = /-?\d[\d.eE+-]*/y;
const PARTS = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The places of at most `most` changed numbers. The text must be JSON; otherwise, the places make no sense. Takes linear time. */
export function changedNumbers(json: string, most: number): Path[] {
  if (!SUSPECT.test(json)) return [];
  const found: Path[] = [];
  // Each name is read once, however many numbers are below it.
  const names = new Map<string, string>();
  const nameOf = (written: string): string => {
    const name = names.get(written) ?? readName(written);
    names.set(written, name);
    return name;
  };
  // The steps to where `at` is: names as they are written, with their quotes, and indices.
  const path: Path = [];
  let expectsName = false;
  for (let at = 0; at < json.length && found.length < most; at++) {
    const character = json.charAt(at);
    if (character === '"') {
      const end = endOfText(json, at);
      if (expectsName) path[path.length - 1] = json.slice(at, end);
      expectsName = false;
      at = end - 1;
    } else if (character === "{" || character === "[") {
      path.push(character === "{" ? '""' : 0);
      expectsName = character === "{";
    } else if (character === "}" || character === "]") {
      path.pop();
      expectsName = false;
    } else if (character === ",") {
      const last = path.at(-1);
      if (typeof last === "number") path[path.length - 1] = last + 1;
      else expectsName = true;
    } else if (character === "-" || (character >= "0" && character <= "9")) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(json)?.[0] ?? character;
      if (isChanged(number)) found.push(path.map((step) => (typeof step === "string" ? nameOf(step) : step)));
      at += number.length - 1;
    }
  }
  return found;
}

/** Whether a number, as JSON writes it, would be changed. */
export function isChanged(number: string): boolean {
  if (!SUSPECT.test(number)) return false;
  if (!Number.isFinite(Number(number))) return true;
  const [digits, exponent] = digitsOf(number);
  const [digitsAfter, exponentAfter] = digitsOf(String(Number(number)));
  return exponent >= 0 && (digits !== digitsAfter || exponent !== exponentAfter);
}

/** A number as digits × 10^exponent, without zeros at either end of its digits. */
function digitsOf(number: string): [string, number] {
  const [, whole = "", fraction = "", exponent = "0"] = PARTS.exec(number) ?? [];
  const all = whole + fraction;
  let [begin, end] = [0, all.length];
  while (begin < end && all[begin] === "0") begin++;
  while (end > begin && all[end - 1] === "0") end--;
  return begin === end ? ["", 0] : [all.slice(begin, end), Number(exponent) - fraction.length + all.length - end];
}

function endOfText(json: string, begin: number): number {
  for (let at = begin + 1; at < json.length; at++) {
    if (json[at] === "\\") at++;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

const readName = (written: string): string => {
  try {
    return String(JSON.parse(written));
  } catch {
    return written;
  }
};

export const CHANGED_NUMBER =
  "This number would be changed, since JSON numbers are read as doubles: whole ones are exact up to 9007199254740991. Send it as a text.";
