/**
 * A server of one's own in a network in which this machine has a public address, and at this address a login service that redirects to another
 * port of it, and from there to a private address. Prints how often each of the three was reached, and the answer to somebody who signs in.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import process from "node:process";
import { createInterface } from "node:readline";

const [address = "", key = "", certificate = "", port = ""] = process.argv.slice(2);
const reached = { first: 0, public: 0, private: 0 };
const redirectTo =
  (name: keyof typeof reached, location?: string): RequestListener =>
  (_, response) => {
    reached[name]++;
    if (location) response.writeHead(302, { Location: location }).end();
    else response.end('{"keys":[]}');
  };
const first = redirectTo("first", "http://login.example.com:81/");
createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, first).listen(443, address);
createServer(redirectTo("public", "http://127.0.0.1:82/")).listen(81, address);
createServer(redirectTo("private")).listen(82, "127.0.0.1");

const server = spawn(process.execPath, ["serve.js"], { stdio: ["ignore", "pipe", "inherit"] });
for await (const line of createInterface({ input: server.stdout })) if (line.includes('"event":"serving"')) break;
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = { iss: "https://login.example.com", aud: "runs" };
const token = [{ alg: "RS256", kid: "k1" }, claims, {}].map(part).join(".");
const { status } = await fetch(`http://127.0.0.1:${port}/v1/users/me`, {
  headers: { Authorization: `Bearer ${token}`, "X-Forwarded-Proto": "https" },
});
process.stdout.write(JSON.stringify({ ...reached, status }));
server.once("exit", () => process.exit());
server.kill("SIGTERM");
