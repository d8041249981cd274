import { Choices, choicesOf, type Failure, Field, type Values } from "../forms.tsx";

/** The field for the role of a user who is invited or added. OWNER is not offered, since each tenant has exactly one. */
export const RoleField = ({ values, failure }: { values: Values; failure: Failure }) => (
  <Field
    name="role"
    label="Role"
    failure={failure}
    hint="A USER sees what they have a permission on; an ADMIN sees and does everything."
    control={(a) => <Choices attributes={a} choices={choicesOf(["USER", "ADMIN"])} chosen={values.role} />}
  />
);
