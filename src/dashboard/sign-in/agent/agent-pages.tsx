import { isLoopback } from "../../../base/loopback.ts";
import type { Caller } from "../../caller.ts";
import { Name } from "../../components.tsx";
import { Page } from "../../layout.tsx";
import { BackPage } from "../kit/back-page.tsx";
import { type AgentRequest, isOfWeb, placeOf } from "./agent-request.ts";

type AgreementProps = {
  caller: Caller;
  request: AgentRequest;
  /** The fields of the request, for the form. */
  given: Readonly<Record<string, string>>;
  refusal: string;
};

/** Asks the person whether an agent may use the service on their behalf. */
export const AgentAgreementPage = ({ caller, request, given, refusal }: AgreementProps) => {
  const { client, redirectUri, scopes } = request;
  const url = new URL(redirectUri);
  return (
    <Page title="Let an agent in" caller={caller}>
      <div class="narrow">
        <h1>
          Let <Name>{client.name}</Name> in?
        </h1>
        <section class="card stack">
          <p>
            An agent that calls itself <Name>{client.name}</Name> wants to use the service for you. Nobody has checked
            that name. Your answer goes to <code>{placeOf(url)}</code>
            {isLoopback(url.hostname) && ", a program on this computer: any program here can say that name"}
            {!isOfWeb(url) && ", an app on this computer: any app can take such addresses"}. Only agree if you have just
            connected it there.
          </p>
          <p>
            {scopes.includes("run")
              ? "It may read all that you may read, and trigger, stop and retry runs, fire triggers and answer questions as you may"
              : "It may read all that you may read"}
            , in <Name>{caller.tenant_name}</Name> as {caller.role}, until you end that on{" "}
            <a href={`/app/people/${caller.user_id}`}>your page</a>.
          </p>
          <form method="post" action="/app/agent" class="actions">
            {Object.entries(given).map(([name, value]) => (
              <input type="hidden" name={name} value={value} />
            ))}
            <button type="submit" class="primary">
              Agree
            </button>
            <a class="button" href={refusal}>
              Refuse
            </a>
          </form>
        </section>
      </div>
    </Page>
  );
};

/** The page after the person has agreed. */
export const AgentAgreedPage = ({ name, link }: { name: string; link: string }) => (
  <BackPage to="the agent" link={link}>
    <Name>{name}</Name> gets its access now, and your browser goes to it.
  </BackPage>
);
