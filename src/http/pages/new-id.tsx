/**
 * The id of what a form creates, in a hidden field: so a form that is sent twice creates one thing. The dashboard reads it. A refresh of the page
 * does not change it. With `isNewAfterBack`, `app.js` replaces it when somebody sends the form again after coming back to it or changing it.
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
