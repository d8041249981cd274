-- Which failures are alike: those of one workflow with the same failure code and the same fingerprint of the error.

-- The fingerprint of an error: of the last line of a traceback, otherwise of the first line, without what differs from run to run: quoted texts,
-- addresses and paths, UUIDs, hex and numbers. At most 200 characters, behind the version of these rules: a change of them is a new version,
-- so that what people have said of the old fingerprints is not taken for the new ones.
--
-- Costs linear time, and looks at the first 2,000 characters of the line. A pattern matches a text, such as an address, only from
-- its first character. If a match could begin at any character, each attempt would read the rest of the text, which is quadratic time.
create or replace function public.error_fingerprint(p_error text) returns text
language sql immutable as $$
  select 'v2 ' || left(regexp_replace(trim(without_numbers.text), '\s+', ' ', 'g'), 200)
  from (
    select left(split_part(trim(both E' \t\r\n' from coalesce(p_error, '')), E'\n',
      case when p_error ~ '(?n)^Traceback \(most recent call last\)' then -1 else 1 end), 2000) as text
  ) line
  cross join lateral (select regexp_replace(line.text, '"[^"]*"|“[^“”]*”|`[^`]*`|(?<![[:alnum:]])''[^'']*''', '…', 'g') as text) without_quotes
  cross join lateral (
    select regexp_replace(without_quotes.text, '(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://\S+|([A-Za-z]:)?([\\/][^\\/\s:]+)+[\\/]?', '…', 'g') as text) without_paths
  cross join lateral (
    select regexp_replace(without_paths.text,
      '\m[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\M|\m0x[0-9a-fA-F]+\M|\m(?=[a-fA-F]*[0-9])[0-9a-fA-F]{6,}\M', '#', 'g') as text
  ) without_hex
  cross join lateral (select regexp_replace(without_hex.text, '[0-9]+([.,:][0-9]+)*', '#', 'g') as text) without_numbers
$$;
