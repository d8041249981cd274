/** What can be called of the Durable Objects, as TypeScript: each type is written out, so that it depends on no source. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./folders.ts";

type TypeScript = typeof import("../../client/node_modules/typescript/lib/typescript.js");
type Method = import("../../client/node_modules/typescript/lib/typescript.js").MethodDeclaration;

// The client's compiler, since that of the service cannot be asked for types.
const ts: TypeScript = createRequire(join(root, "client/package.json"))("typescript");

const HEADER = `/**
 * Made by \`npm run record-release\`: what can be called of the Durable Objects of that release. Do not edit.
 */

/** The caller of an object gets a promise also from a method that returns a plain value, so both are compatible. */
type Answer<Type> = Type | Promise<Type>;
`;

/**
 * Renders a type for each class, given as its name and the file that exports it, relative to the root. It has the public methods of the
 * class, except those that the runtime calls (\`override\`).
 */
export function renderObjectTypes(classes: Readonly<Record<string, string>>): string {
  const files = Object.values(classes).map((file) => join(root, file));
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root);
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  const { NoTruncation, InTypeAlias, UseAliasDefinedOutsideCurrentScope } = ts.TypeFormatFlags;
  const flags = NoTruncation | InTypeAlias | UseAliasDefinedOutsideCurrentScope;

  const renderMethod = (method: Method): string => {
    const signature = checker.getSignatureFromDeclaration(method);
    if (!signature) throw new Error(`${method.name.getText()} has no signature.`);
    const parameters = method.parameters.map((parameter, index) => {
      const name = ts.isIdentifier(parameter.name) ? parameter.name.text : `argument${index}`;
      const type = checker.typeToString(checker.getTypeAtLocation(parameter), undefined, flags);
      return `${name}${checker.isOptionalParameter(parameter) ? "?" : ""}: ${type}`;
    });
    const result = checker.getReturnTypeOfSignature(signature);
    const answer = checker.typeToString(checker.getAwaitedType(result) ?? result, undefined, flags);
    return `  ${method.name.getText()}: (${parameters.join(", ")}) => Answer<${answer}>;\n`;
  };

  const types = Object.entries(classes).map(([name, file]) => {
    const declared = program
      .getSourceFile(join(root, file))
      ?.statements.find((statement) => ts.isClassDeclaration(statement) && statement.name?.text === name);
    if (!declared || !ts.isClassDeclaration(declared)) throw new Error(`${file} has no class ${name}.`);
    const methods = declared.members
      .filter(ts.isMethodDeclaration)
      .filter(
        (method) =>
          ts.isIdentifier(method.name) && (ts.getCombinedModifierFlags(method) & ts.ModifierFlags.Override) === 0,
      )
      .map(renderMethod)
      .sort();
    return `\nexport type ${name} = {\n${methods.join("")}};\n`;
  });
  return HEADER + types.join("");
}
