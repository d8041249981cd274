/** Charts as SVG, readable on a light page and on a dark one. */
import { number } from "./report.ts";
import type { Spread } from "./rounds.ts";

const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600 }
  .bar { fill: #0969da } .other { fill: #8c959f } .axis { stroke: #8c959f; fill: none } .whisker { stroke: #57606a; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) { text { fill: #adbac7 } .bar { fill: #539bf5 } .whisker { stroke: #adbac7 } }
</style>`;

const COLOURS = [
  "#0969da",
  "#cf222e",
  "#1a7f37",
  "#8250df",
  "#bf8700",
  "#1b7c83",
  "#bc4c00",
  "#6e7781",
  "#d4a72c",
  "#a475f9",
];

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
${STYLE}
${body.join("\n")}
</svg>
`;
}

/** A bar chart, with the bars from left to right. The others are compared with the first. */
export function barChart(chart: {
  title: string;
  subtitle: string;
  bars: readonly (Spread & { name: string })[];
}): string {
  const [left, top, width, step] = [190, 56, 470, 32];
  const scale = width / Math.max(...chart.bars.map(({ max }) => max));
  const bars = chart.bars.flatMap(({ name, min, median, max }, i) => {
    const y = top + i * step;
    const middle = y + 10;
    return [
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${i === 0 ? "other" : "bar"}" x="${left}" y="${y}" width="${(median * scale).toFixed(1)}" height="20" rx="2"/>`,
      `<path class="whisker" d="M${(left + min * scale).toFixed(1)} ${middle}H${(left + max * scale).toFixed(1)}"/>`,
      `<text x="${(left + max * scale + 8).toFixed(1)}" y="${y + 15}">${number(median)}</text>`,
    ];
  });
  return svg(740, top + chart.bars.length * step + 12, chart.title, [
    `<text class="title" x="16" y="22">${escaped(chart.title)}</text>`,
    `<text x="16" y="40">${escaped(chart.subtitle)}</text>`,
    ...bars,
  ]);
}

/** A line chart over sizes, with two logarithmic axes. */
export function growthChart(chart: {
  title: string;
  subtitle: string;
  sizes: readonly number[];
  lines: readonly { name: string; values: readonly number[] }[];
}): string {
  const [left, top, width, height] = [52, 60, 400, 320];
  const all = chart.lines.flatMap(({ values }) => values);
  const decades = (values: readonly number[]) =>
    [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))] as const;
  const [low, high] = decades(all);
  const [first, last] = [Math.log10(chart.sizes[0] ?? 1), Math.log10(chart.sizes.at(-1) ?? 10)];
  const x = (size: number) => left + ((Math.log10(size) - first) / (last - first || 1)) * width;
  const y = (value: number) => top + (1 - (Math.log10(value) - low) / (high - low || 1)) * height;
  const labels = spaced(chart.lines.map(({ values }) => y(values.at(-1) ?? 1)));
  const lines = chart.lines.flatMap(({ name, values }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const points = values.map((value, n) => `${x(chart.sizes[n] ?? 1).toFixed(1)},${y(value).toFixed(1)}`);
    return [
      `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<text x="${left + width + 10}" y="${((labels[i] ?? 0) + 4).toFixed(1)}" style="fill:${colour}">${escaped(name)} · ${number(values.at(-1) ?? 0)}</text>`,
    ];
  });
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return svg(740, Math.max(top + height + 40, Math.max(...labels) + 20), chart.title, [
    `<text class="title" x="16" y="22">${escaped(chart.title)}</text>`,
    `<text x="16" y="40">${escaped(chart.subtitle)}</text>`,
    `<path class="axis" d="M${left} ${top}V${top + height}H${left + width}"/>`,
    ...ticks.map((tick) => `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`),
    ...chart.sizes.map(
      (size) =>
        `<text x="${x(size)}" y="${top + height + 20}" text-anchor="middle">${size.toLocaleString("en-GB")}</text>`,
    ),
    ...lines,
  ]);
}

/** Moves labels apart that would overlap. */
function spaced(positions: readonly number[]): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const result = [...positions];
  let last = Number.NEGATIVE_INFINITY;
  for (const i of order) {
    last = Math.max(result[i] ?? 0, last + 17);
    result[i] = last;
  }
  return result;
}
