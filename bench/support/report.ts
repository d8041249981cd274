/** The results of a part of the benchmarks, as text for the terminal and for RESULTS.md. */
import type { Spread } from "./rounds.ts";

/**
 * A goal, the measured figure, and whether the goal is met. `headline` says what the figure is, for a goal that the README
 * shows. `aim` is a higher one for the same figure, which nobody promises.
 */
export type Goal = {
  goal: string;
  figure: string;
  met: boolean;
  headline?: string;
  aim?: { aim: string; met: boolean };
};

export type Table = { title: string; columns: readonly string[]; rows: readonly (readonly string[])[]; notes?: string };

export type Report = { goals: readonly Goal[]; tables: readonly Table[] };

export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const range = ({ min, median, max }: Spread): string => `${number(min)}–${number(median)}–${number(max)}`;

/** A table in Markdown with aligned columns, so that it is readable in a terminal as well. */
function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) => Math.max(column.length, 3, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${widths.map((w, i) => (cells[i] ?? "").padEnd(w)).join(" | ")} |`;
  return [line(columns), `| ${widths.map((w) => "-".repeat(w)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

export const markdownSection = ({ title, columns, rows, notes }: Table): string =>
  [`### ${title}`, markdownTable(columns, rows), ...(notes ? [notes] : [])].join("\n\n");

export type PartReport = Report & { name: string; command: string };

/** The figures that the README shows, and how many goals are met. */
export function headlines(reports: readonly PartReport[]): string {
  const goals = reports.flatMap((report) => report.goals);
  const shown = goals.flatMap(({ headline, figure }) => (headline === undefined ? [] : [`- ${headline}: ${figure}.`]));
  const met = goals.filter((goal) => goal.met).length;
  const all = `[Every goal and its figure, missed ones too](bench/RESULTS.md): ${met} of ${goals.length} are met.`;
  return [...shown, "", all].join("\n");
}

/** Replaces the part of a text between the two marker lines for figures. */
export function withFigures(text: string, figures: string): string {
  const [begin, end] = ["written by `npm run bench`. -->\n", "\n<!-- The end of the figures. -->"];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (from < begin.length || to < from) throw new Error("README.md has no lines between which the figures go.");
  return `${text.slice(0, from)}\n${figures}\n${text.slice(to)}`;
}

/** Every goal of every part, in one table. */
export function goalTable(reports: readonly PartReport[]): string {
  return markdownTable(
    ["Part", "Goal", "Figure", "", "Command"],
    reports.flatMap(({ name, command, goals }) =>
      goals.map(({ goal, figure, met }) => [name, goal, figure, met ? "met" : "**not met**", `\`${command}\``]),
    ),
  );
}

/** The aims beside the goals, in one table. */
export function aimTable(reports: readonly PartReport[]): string {
  const goals = reports.flatMap((report) => report.goals);
  return markdownTable(
    ["Aim", "Figure", ""],
    goals.flatMap(({ aim, figure }) => (aim ? [[aim.aim, figure, aim.met ? "met" : "**not met**"]] : [])),
  );
}
