import { type Failure, Field, type Values } from "../forms.tsx";

/** The field that chooses the role of somebody who is invited or added. There is one OWNER already. */
export const RoleField = ({ values, failure }: { values: Values; failure: Failure }) => (
  <Field
    name="role"
    label="Role"
    failure={failure}
    hint="A USER sees what they have a permission on; an ADMIN sees and does everything."
    control={(a) => (
      <select {...a}>
        {["USER", "ADMIN"].map((role) => (
          <option selected={role === values.role}>{role}</option>
        ))}
      </select>
    )}
  />
);
