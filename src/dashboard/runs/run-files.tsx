import { artifactPath } from "../../runs/artifacts/artifact-schema.ts";
import type { RunFile } from "../../runs/artifacts/list-artifacts.ts";
import { isShown } from "../../runs/artifacts/send-artifact.ts";
import { formatSize } from "../format.ts";

type FilesProps = { run: { id: string; files: readonly RunFile[] } };

/** The files of a run. Each can be downloaded, and the name of a file that browsers show is a link to it. */
export const RunFiles = ({ run: { id, files } }: FilesProps) => (
  <ul>
    {files.map((file) => {
      const href = artifactPath(id, file.attempt, file.name);
      return (
        <li>
          {isShown(file) ? (
            <a href={href}>
              <bdi class="wrap">{file.name}</bdi>
            </a>
          ) : (
            <bdi class="wrap">{file.name}</bdi>
          )}{" "}
          <span class="muted">{formatSize(file.bytes)}</span>{" "}
          <a href={href} download={file.name} aria-label={`Download ${file.name}`}>
            Download
          </a>
        </li>
      );
    })}
  </ul>
);
