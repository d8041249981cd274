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
