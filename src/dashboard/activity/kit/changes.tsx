/** The last changes of an object, on its page: rows of the audit log, for an OWNER or ADMIN. */
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { AuditEvent } from "../../../audit/audit-events.ts";
import type { Caller as CallerExpression } from "../../../db/caller.ts";
import { Name, Time } from "../../components.tsx";
import { changesOf, credentialText, doneWord, kindWord, placeOf } from "../words.ts";

const SHOWN = 5;

/** Selects the last changes of the object with this id. None for a USER. */
export const lastChanges = (caller: CallerExpression, id: SQLWrapper | string, action: string | null = null) =>
  sql<AuditEvent[]>`public.last_changes(${caller.role}, ${caller.tenantId}, ${id}::uuid, ${SHOWN}, ${action})`;

/** Selects the row of the audit log that has changed this field of an object last. Null for a USER, and when there is no such row. */
export const lastChangeOf = (caller: CallerExpression, id: SQLWrapper, field: string): SQL<AuditEvent | null> =>
  sql<AuditEvent | null>`public.last_changes(${caller.role}, ${caller.tenantId}, ${id}, 1, null, ${field}) -> 0`;

const Person = ({ event: { actor } }: { event: AuditEvent }) => (
  <a href={`/app/people/${actor.user_id}`}>
    <Name>{actor.name ?? actor.user_id}</Name>
  </a>
);

/** `by Ida, 25 Nov 2026, 10:59 UTC`. Nothing when it is not known. */
export const By = ({ event }: { event: AuditEvent | null }) =>
  event && (
    <span class="muted">
      by <Person event={event} />, <Time at={event.at} />
    </span>
  );

/** Who has paused what is paused now: whoever has changed `is_active` last. Nothing when the service has paused it by itself. */
export const PausedBy = ({ event }: { event: AuditEvent | null }) => (
  <By event={event?.after?.is_active === false ? event : null} />
);

const ObjectLink = ({ object, isGone }: { object: AuditEvent["object"]; isGone: boolean }) => {
  const href = placeOf(object, isGone);
  if (object.name === null && object.id === null) return <>{kindWord(object.kind)}s</>;
  const name = object.name ?? `…${object.id?.slice(-8)}`;
  return (
    <>
      the {kindWord(object.kind)}{" "}
      {href === null ? (
        <Name>{name}</Name>
      ) : (
        <a href={href}>
          <Name>{name}</Name>
        </a>
      )}
    </>
  );
};

/** Who did what, to what, when and by which key. */
export const Changes = ({ events }: { events: readonly AuditEvent[] }) => (
  <ul class="items">
    {events.map((event) => (
      <li>
        <div class="item-name">
          <Person event={event} /> {doneWord(event.action)}{" "}
          <ObjectLink object={event.object} isGone={event.after === null && event.before !== null} />
          {event.about !== null && (
            <>
              {" "}
              <span class="muted">
                (<ObjectLink object={event.about} isGone={false} />)
              </span>
            </>
          )}
          {changesOf(event).map((change) => (
            <small class="muted line wrap">
              <bdi>{change}</bdi>
            </small>
          ))}
        </div>
        <span class="muted">
          <Time at={event.at} /> <bdi>{credentialText(event)}</bdi>
        </span>
      </li>
    ))}
  </ul>
);

type LastChangesProps = { events: readonly AuditEvent[]; id: string; title?: string };

/** The last changes of an object, with a link to all of them. Nothing when there are none, as for a USER. */
export const LastChanges = ({ events, id, title = "Last changes" }: LastChangesProps) =>
  events.length === 0 ? null : (
    <section class="card">
      <div class="head">
        <h2>{title}</h2>
        <a href={`/app/activity?object=${id}`}>All</a>
      </div>
      <Changes events={events} />
    </section>
  );
