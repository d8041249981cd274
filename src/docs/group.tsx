import type { Group } from "./groups.ts";
import { OperationSection } from "./operation.tsx";

/** The content of the page of a group, below its title. Who is not signed in is told how to try its reads. */
export const GroupContent = ({ group, isSignedIn }: { group: Group; isSignedIn: boolean }) => (
  <>
    <p>
      The examples use the names of the <a href="/docs#quick-start">quick start</a>. Any operation may also answer one
      of the <a href="/docs#errors">errors</a> that they have in common.
    </p>
    {group.operations.map((operation) => (
      <OperationSection operation={operation} isSignedIn={isSignedIn} here={`/docs/${group.slug}`} />
    ))}
  </>
);
