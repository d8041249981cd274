import { expect, it } from "vitest";
import { NO_FAILURE } from "../../src/dashboard/forms.tsx";
import { fieldsOf, inputOfFields, SchemaFields, valuesOfInput } from "../../src/dashboard/invoke/schema-fields.tsx";
import { inWords } from "../../src/dashboard/wording.ts";

/** What any object of JavaScript has, besides its own fields. */
const INHERITED = ["constructor", "toString", "valueOf", "__proto__"];

const properties = INHERITED.map((name) => `${JSON.stringify(name)}: {"type": "string"}`).join();
const fields = fieldsOf(JSON.parse(`{"properties": {${properties}}}`)) ?? [];

const shownFor = (input: string) => {
  const html = String(SchemaFields({ fields, values: valuesOfInput(fields, input) ?? {}, failure: NO_FAILURE }));
  return [...html.matchAll(/name="input\.(\w+)".*? value="(.*?)"/g)].map(([, name, value]) => [name, value]);
};

it("fields that are called like what each object has are empty, take a value, and show it", () => {
  expect(shownFor("")).toEqual(INHERITED.map((name) => [name, ""]));
  const given = Object.fromEntries(INHERITED.map((name) => [`input.${name}`, `of ${name}`]));
  expect(shownFor(inputOfFields(fields, given))).toEqual(INHERITED.map((name) => [name, `of ${name}`]));
});

it("a fault that names such a field is said in words, too", () => {
  const said = (name: string) => inWords({ loc: ["body"], type: "value_error", msg: `Not \`${name}\`.` }, {}).msg;
  expect(INHERITED.map(said)).toEqual(["Not constructor.", "Not toString.", "Not valueOf.", "Not   proto  ."]);
});
