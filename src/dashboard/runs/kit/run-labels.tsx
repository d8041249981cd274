import type { Labels } from "../../../runs/labels.ts";
import { Name } from "../../components.tsx";

/** Each label as `key:value`, in order. */
export const textsOf = (labels: Labels): string[] =>
  Object.entries(labels)
    .map(([key, value]) => `${key}:${value}`)
    .toSorted();

/** The labels of a run in a list. */
export const LabelsLine = ({ labels }: { labels: Labels }) => {
  const texts = textsOf(labels);
  if (texts.length === 0) return null;
  return (
    <small class="labels-line muted" title={texts.join("\n")}>
      {texts.map((text) => (
        <>
          <Name>{text}</Name>{" "}
        </>
      ))}
    </small>
  );
};

/** The labels of a run on its page. Each is a link to the runs that have it. */
export const LabelLinks = ({ labels }: { labels: Labels }) => (
  <>
    {textsOf(labels).map((text) => (
      <>
        <a href={`/app/runs?${new URLSearchParams({ label: text })}`} class="wrap">
          <Name>{text}</Name>
        </a>{" "}
      </>
    ))}
  </>
);
