/**
 * Medians of alternating rounds. Other work on the machine changes from minute to minute, so ratios are computed within a
 * round.
 */

export type Spread = { min: number; median: number; max: number };

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? Number.NaN, median: quantile(sorted, 0.5), max: sorted.at(-1) ?? Number.NaN };
}

/** The quantile of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** The ratios of two measurements, for each round. */
export const ratios = (of: readonly number[], to: readonly number[]): number[] =>
  of.map((value, round) => value / (to[round] ?? Number.NaN));

/** Measures every subject once in each round. Each round begins with another subject. */
export async function alternate<Subject, Measurement>(
  rounds: number,
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Measurement>,
  progress: (text: string) => void,
): Promise<Map<Subject, Measurement[]>> {
  const measurements = new Map<Subject, Measurement[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(turn + round) % subjects.length];
      if (subject !== undefined) measurements.get(subject)?.push(await measure(subject));
    }
  }
  return measurements;
}
