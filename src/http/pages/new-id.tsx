/** The id of what a form creates, in a hidden field: so a form that is sent twice creates one thing. The dashboard reads it. */
export const NEW_ID_FIELD = "new_id";

export const NewIdField = ({ id }: { id: string }) => <input type="hidden" name={NEW_ID_FIELD} value={id} />;
