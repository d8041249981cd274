// The form of a schedule: it shows what the schedule means while somebody types, and the time zone is picked from a list. Without this
// script, the zone is typed, and what the schedule means is shown with each answer.
const form = document.querySelector("#preview").closest("form");

/** The list of all time zones. It begins with the one that is set, or else with that of the browser, which is chosen for a new schedule. */
{
  const typed = form.querySelector("[data-zones]");
  const { timeZone: own } = new Intl.DateTimeFormat().resolvedOptions();
  const names = [...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])];
  const list = document.createElement("select");
  for (const { name, value } of typed.attributes) if (!["type", "value"].includes(name)) list.setAttribute(name, value);
  for (const name of names) list.append(new Option(name === own ? `${name} (yours)` : name, name));
  // What was set may be a name that the browser does not know, such as a mistyped one.
  if (typed.value !== "" && !names.includes(typed.value)) list.prepend(new Option(typed.value, typed.value));
  list.value = typed.value || own;
  typed.replaceWith(list);
}

let asked = "";

async function ask() {
  const given = new FormData(form);
  const fields = ["cron", "at", "time_zone", "starts_at", "ends_at"].map((name) => [name, given.get(name) ?? ""]);
  const query = String(new URLSearchParams(fields.filter(([, value]) => value !== "")));
  if (query === asked) return;
  asked = query;
  const answer = await fetch(`/app/triggers/preview?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || query !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("#preview").replaceChildren(...(page.querySelector("#preview")?.childNodes ?? []));
}

let timer;
const askSoon = () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 200);
};
form.addEventListener("input", askSoon);
if (form.querySelector("[name=cron]").value || form.querySelector("[name=at]").value) askSoon();
