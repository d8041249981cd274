/** The pages of signing in by the login service. */
import type { Child } from "hono/jsx";

import type { AskedTenant } from "../../../people/login-verbs.ts";
import { Name, Send } from "../../components.tsx";
import { OpenPage, Page } from "../../layout.tsx";
import { START } from "../sign-in.tsx";
import type { TenantOfLogin, TenantsView } from "./view-tenants.ts";

/** The page for a person whose account belongs to nobody here. `email` is null when it is not verified. */
export const UnknownAccountPage = ({ serviceName, email }: { serviceName: string; email: string | null }) => (
  <OpenPage title="You are not known here yet">
    <div class="card center">
      <h1>You are not known here yet</h1>
      <p>
        You have signed in at {serviceName}
        {email !== null && (
          <>
            {" "}
            as <bdi class="wrap">{email}</bdi>
          </>
        )}
        , but no active user of this service belongs to that account.
      </p>
      {email === null && <p>{serviceName} does not say that it has verified your email, so you are not found by it.</p>}
      <p>
        Ask the OWNER or an ADMIN of your team to invite you on their page People, and open the link that they send to
        you. If you have an API key, sign in with that.
      </p>
      <OtherWays />
    </div>
  </OpenPage>
);

/** The page for a person who opened the invite of somebody else. */
export const AccountTakenPage = ({ serviceName }: { serviceName: string }) => (
  <OpenPage title="This account is taken">
    <div class="card center">
      <h1>This account is taken</h1>
      <p>
        Another user of the tenant signs in by your account at {serviceName}, so the invite was not accepted. Sign in to
        go on as that user, or accept the invite with another account.
      </p>
      <OtherWays />
    </div>
  </OpenPage>
);

/** `elsewhere` is where a person signs out of the login service; null when that has no such page. */
export const SignedOutPage = ({ serviceName, elsewhere }: { serviceName: string; elsewhere: string | null }) => (
  <OpenPage title="You are signed out">
    <div class="card center">
      <h1>You are signed out</h1>
      <p>
        You may still be signed in at {serviceName}
        {elsewhere === null ? "." : ", and whoever uses this browser next would be let in by it."}
      </p>
      <div class="actions">
        {elsewhere !== null && (
          <a class="button" href={elsewhere}>
            Sign out of {serviceName}, too
          </a>
        )}
        <a class="button" href="/app/sign-in">
          Sign in again
        </a>
      </div>
    </div>
  </OpenPage>
);

type OffersProps = {
  offers: readonly Pick<TenantOfLogin, "tenantId" | "tenantName" | "name" | "role">[];
  action: string;
  kind: "primary" | "plain";
  children: Child;
};

/** The tenants into which somebody has added a person by their email, each with a form that joins it. */
const Offers = ({ offers, action, kind, children }: OffersProps) => (
  <ul class="items">
    {offers.map(({ tenantId, tenantName, name, role }) => (
      <li>
        <span class="item-name">
          <Name>{tenantName}</Name> <span class="role">{role}</span>
        </span>
        <span class="muted">
          as <Name>{name}</Name>
        </span>
        <span class="actions">
          <Send action={action} label="Join" name={`Join ${tenantName}`} kind={kind}>
            <input type="hidden" name="tenant" value={tenantId} />
            {children}
          </Send>
        </span>
      </li>
    ))}
  </ul>
);

/** The question to a person whose account is tied to nobody yet. `state` names what their browser keeps: see pending-sign-in.ts. */
export const JoinPage = ({ asks, email, state }: { asks: readonly AskedTenant[]; email: string; state: string }) => (
  <OpenPage title="Do you want to join?">
    <div class="card center stack">
      <h1>Do you want to join?</h1>
      <p>
        Somebody has added you to {asks.length === 1 ? "this tenant" : "these tenants"} by your email{" "}
        <bdi class="wrap">{email}</bdi>. Join only what you know: from then on your account enters it, and its people
        see your email.
      </p>
      <Offers action="/app/sign-in/oidc/join" offers={asks} kind="primary">
        <input type="hidden" name="state" value={state} />
      </Offers>
      <OtherWays />
    </div>
  </OpenPage>
);

const OtherWays = () => (
  <div class="actions">
    <a class="button" href="/app/sign-in/oidc?account=other">
      Use another account
    </a>
    <a class="button" href="/app/sign-in">
      Sign in with an API key
    </a>
  </div>
);

/** The tenants that the account of the caller can enter, to choose one. */
export const TenantsPage = ({ view: { caller, tenants, offered }, next }: { view: TenantsView; next: string }) => (
  <Page title="Your tenants" caller={caller}>
    <div class="narrow">
      <h1>Your tenants</h1>
      <section class="card stack">
        {tenants.length === 0 ? (
          <p>
            You have signed in with an API key, which is of one tenant: <Name>{caller.tenant_name}</Name>.
          </p>
        ) : (
          <>
            <p>Your account can enter {tenants.length === 1 ? "this tenant" : "these tenants. Choose one"}.</p>
            <ul class="items">
              {tenants.map(({ tenantId, tenantName, name, role }) => (
                <li>
                  <span class="item-name">
                    <Name>{tenantName}</Name> <span class="role">{role}</span>
                  </span>
                  <span class="muted">
                    as <Name>{name}</Name>
                  </span>
                  <span class="actions">
                    {tenantId === caller.tenant_id ? (
                      <a class="button" href={next} aria-label={`Stay in ${tenantName}`}>
                        Stay
                      </a>
                    ) : (
                      <Send action="/app/tenants" label="Enter" name={`Enter ${tenantName}`} kind="primary">
                        <input type="hidden" name="tenant" value={tenantId} />
                        <input type="hidden" name="next" value={next === START ? "" : next} />
                      </Send>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      {offered.length > 0 && (
        <section class="card stack">
          <h2>Added by your email</h2>
          <p>
            Somebody has added you to {offered.length === 1 ? "this tenant" : "these tenants"} by the email of your
            account. Join only what you know: from then on your account enters it, and its people see your email.
          </p>
          <Offers action="/app/tenants" offers={offered} kind="plain">
            <input type="hidden" name="next" value={next === START ? "" : next} />
          </Offers>
        </section>
      )}
    </div>
  </Page>
);
