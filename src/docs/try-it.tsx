import type { Operation, Parameter } from "./examples.ts";

type TryItProps = { operation: Operation; isSignedIn: boolean; here: string };

/**
 * A form that makes a read, with the session of who is signed in to the dashboard. `docs.js` sends it and shows the answer below it. The
 * place of the answer has its height before the answer is there, so that nothing moves then.
 */
export const TryIt = ({ operation, isSignedIn, here }: TryItProps) => {
  const { path, parameters, credential } = operation;
  const signInHref = `/app/sign-in?next=${encodeURIComponent(here)}`;
  return (
    <details class="try">
      <summary>Try it</summary>
      {credential === "none" || isSignedIn ? (
        <form data-try={path} data-sign-in={signInHref}>
          {parameters.map((parameter) => (
            <TryField parameter={parameter} />
          ))}
          <button type="submit" class="primary">
            Send
          </button>
          <div class="answer" hidden>
            <p role="status" />
            <pre tabindex={0} />
            <div class="code">
              <button type="button" class="copy" data-copy="" hidden>
                Copy
              </button>
              <pre tabindex={0}>
                <code />
              </pre>
            </div>
          </div>
          <noscript>
            <p>This needs JavaScript.</p>
          </noscript>
        </form>
      ) : (
        <p>
          <a href={signInHref}>Sign in to the dashboard</a> to try it here, as yourself: your session is its credential.
        </p>
      )}
    </details>
  );
};

const TryField = ({ parameter: { name, in: place, isRequired, isList, type, example } }: { parameter: Parameter }) => (
  <label>
    <span>
      <code>{name}</code>
      {isRequired && " required"}
      {isList && " several, with commas"}
    </span>
    <input
      name={name}
      data-in={place}
      {...(isList && { "data-list": "" })}
      required={isRequired}
      placeholder={place === "path" ? example : type.slice(0, 60)}
      autocomplete="off"
      spellcheck={false}
    />
  </label>
);
