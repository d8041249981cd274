import { type Failure, Field } from "../../forms.tsx";

type MinuteFieldProps = {
  name: string;
  /** The path of the field in the API's body, when it differs from the name in the form. */
  path?: string;
  label: string;
  /** A minute in UTC: `2026-01-31T12:00`. `find.js` shows and sends it in the reader's time zone. */
  value: string;
  failure: Failure;
  hint: string;
  isRequired?: boolean;
};

/** A field for a minute: in the reader's time zone, or without JavaScript in UTC. */
export const MinuteField = (props: MinuteFieldProps) => {
  const { name, path = name, label, value, failure, hint, isRequired = false } = props;
  return (
    <Field
      name={name}
      path={path}
      label={isRequired ? label : `${label} (optional)`}
      failure={failure}
      hint={
        <>
          {hint}
          <noscript> In UTC.</noscript>
        </>
      }
      control={(a) => <input {...a} type="datetime-local" value={value} data-utc required={isRequired} />}
    />
  );
};
