/**
 * The keyboard shortcuts of every page, which `keys.js` implements. Without JavaScript there are none, and the list is hidden.
 */

const SECTION_KEYS = [
  ["r", "runs"],
  ["w", "workflows"],
  ["f", "files"],
  ["p", "people"],
  ["h", "health"],
  ["s", "settings"],
] as const;

const OTHER_KEYS = [
  ["/", "to the search; Ctrl or ⌘ and K, too"],
  ["j", "to the next row of a list"],
  ["k", "to the row before"],
  ["x", "select the row"],
  ["?", "this list"],
] as const;

const Key = ({ children }: { children: string }) => <kbd>{children}</kbd>;

/** The button that lists the keyboard shortcuts, and the list. */
export const Keys = () => (
  <>
    <button
      type="button"
      class="quiet icon"
      popovertarget="keys"
      aria-label="Keys"
      title="Keys (?)"
      data-scripted
      hidden
    >
      ?
    </button>
    <div id="keys" class="ask" popover="auto" role="dialog" aria-labelledby="keys-title" tabindex={-1} autofocus>
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {OTHER_KEYS.map(([key, words]) => (
          <div>
            <dt>
              <Key>{key}</Key>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
        {SECTION_KEYS.map(([key, section]) => (
          <div>
            <dt>
              <Key>g</Key> <Key>{key}</Key>
            </dt>
            <dd>
              <a href={`/app/${section}`} data-key={key}>
                to the {section}
              </a>
            </dd>
          </div>
        ))}
        <div>
          <dt>
            <Key>Esc</Key>
          </dt>
          <dd>close a dialog</dd>
        </div>
      </dl>
      <label class="choice">
        <input type="checkbox" id="keys-on" checked /> Listen to these keys
      </label>
      <button type="button" class="quiet" popovertarget="keys" popovertargetaction="hide">
        Close
      </button>
    </div>
  </>
);
