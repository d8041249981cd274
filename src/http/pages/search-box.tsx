type SearchBoxProps = {
  /** The URL of the page with the results, which takes the text as `q`. */
  action: string;
  /** What is searched, for a screen reader. */
  label: string;
  text: string;
};

/** The search box in the header of a page. `find.js` shows results below it. Without JavaScript, it opens a page with the results. */
export const SearchBox = ({ action, label, text }: SearchBoxProps) => (
  <search>
    <form class="search" method="get" action={action}>
      <input
        type="search"
        name="q"
        value={text}
        placeholder="Search"
        aria-label={label}
        autocomplete="off"
        data-search
      />
      <section popover="manual" aria-label="Answers" />
    </form>
  </search>
);
