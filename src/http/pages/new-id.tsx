/**
 * The id of what a form creates, in a hidden field: so a form that is sent twice creates one thing. The dashboard reads it. A refresh of the page
 * leaves it as it is. With `isNewAfterBack`, `app.js` empties it when somebody comes back to the form, or changes it after it
 * was sent.
 */
export const NEW_ID_FIELD = "new_id";

export const NewIdField = ({ id, isNewAfterBack = false }: { id: string; isNewAfterBack?: boolean }) => (
  <input
    type="hidden"
    name={NEW_ID_FIELD}
    value={id}
    hx-morph-skip=""
    {...(isNewAfterBack && { "data-new-after-back": "" })}
  />
);
