import type { Caller } from "../../caller.ts";
import { Name } from "../../components.tsx";
import { Page } from "../../layout.tsx";
import { BackPage } from "../kit/back-page.tsx";
import { backTo, type CommandLineRequest, keyNameOf } from "./command-line-request.ts";

/** Asks the person whether the command line may have a key. */
export const AgreementPage = ({ caller, request }: { caller: Caller; request: CommandLineRequest }) => (
  <Page title="Sign in the command line" caller={caller}>
    <div class="narrow">
      <h1>Sign in the command line?</h1>
      <section class="card stack">
        <p>
          <code>workflow-runs login</code> on <Name>{request.machine}</Name> asks for an API key of yours. Only agree if
          you have just run it there.
        </p>
        <p>
          The key may do all that you may do in <Name>{caller.tenant_name}</Name>, as {caller.role}. It works until you
          revoke it on <a href={`/app/people/${caller.user_id}`}>your page</a>, where it is called{" "}
          <Name>{keyNameOf(request)}</Name>.
        </p>
        <form method="post" action="/app/command-line" class="actions">
          {Object.entries(request).map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          <button type="submit" class="primary">
            Agree
          </button>
          <a class="button" href={backTo(request, { error: "access_denied" })}>
            Refuse
          </a>
        </form>
      </section>
    </div>
  </Page>
);

/** The page after the person has agreed. */
export const AgreedPage = ({ machine, link }: { machine: string; link: string }) => (
  <BackPage to="the command line" link={link}>
    The command line on <Name>{machine}</Name> gets its key now, and your browser goes to it.
  </BackPage>
);
