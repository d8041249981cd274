/** Maps values to positions on a chart. */

/**
 * Maps the values of `domain` linearly to the positions of `range`, also outside of the domain. When both ends of the domain
 * are equal, every value is mapped to the middle of the range.
 */
export function linearScale(
  [firstValue, lastValue]: readonly [number, number],
  [firstPlace, lastPlace]: readonly [number, number],
): (value: number) => number {
  const extent = lastValue - firstValue;
  return (value) => firstPlace + (extent === 0 ? 0.5 : (value - firstValue) / extent) * (lastPlace - firstPlace);
}

/** The `d` of an SVG path through points `[x, y]`. A null leaves a gap in the line. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
  return points
    .flatMap((point, index) => (point === null ? [] : `${points[index - 1] ? "L" : "M"}${point.join(",")}`))
    .join("");
}

/** The ticks of a scale: multiples of `step` from `-below` to `above`, which are multiples, too. */
export type Ticks = { above: number; below: number; step: number; values: number[] };

/** Ticks for numbers of things from `-below` to `above`: about four, at whole numbers. */
export function countTicks(above: number, below = 0): Ticks {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, above + below)));
  const steps = [0.1, 0.2, 0.5, 1, 2, 5].map((part) => part * power).filter(Number.isInteger);
  return ticksOf(above, below, steps.find((step) => (above + below) / step <= MAX_TICKS) ?? power);
}

const MAX_TICKS = 4;

const SECONDS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
];

/** Ticks for seconds from 0 to `longest`: about four, at values that are round in their unit. */
export function secondTicks(longest: number): Ticks {
  const day = 86_400;
  const step = SECONDS.find((seconds) => longest / seconds <= MAX_TICKS) ?? day * Math.ceil(longest / day / MAX_TICKS);
  return ticksOf(longest, 0, step);
}

function ticksOf(above: number, below: number, step: number): Ticks {
  const [up, down] = [Math.ceil(above / step), Math.ceil(below / step)];
  const values = Array.from({ length: up + down + 1 }, (_, index) => (index - down) * step);
  return { above: up * step, below: down * step, step, values };
}
