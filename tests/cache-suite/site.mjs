// What Cloakroom is told of the suite's origin.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Fields of the origin's that the suite looks at: its own, and those of its tests that a site may let through.
const FIELDS = [
  "server-base-url", "server-request-count", "client-request-count", "server-now", "request-numbers",
  "a", "b", "c", "test-header", "x-test-header", "content-foo", "x-content-foo", "content-md5", "template-a",
  "x-xss-protection", "pragma",
];

// Pages are asked for as they are on an anonymous route, and configured and counted on others. What is asked with
// another method than GET and HEAD passes through.
const ROUTES = `
[[route]]
path = "/config/*"
mode = "passthrough"
[[route]]
path = "/state/*"
mode = "passthrough"
[[route]]
path = "/test/*"
mode = "passthrough"
[[route]]
path = "/test/*"
mode = "anonymous"
query = ["test"]
unstorable = "relay"
downstream = "origin"
distinct_paths = 100000
`;

// Writes the configuration into a folder; answers with the path of its main file.
export function configure(folder, port, originPort) {
  const main = join(folder, "cloakroom.toml");
  mkdirSync(join(folder, "suite"), { recursive: true });
  writeFileSync(main, `[listen]\nhttp = "127.0.0.1:${port}"\n[sites]\npaths = ["suite"]\n`);
  writeFileSync(join(folder, "suite/site.toml"), `hosts = ["127.0.0.1"]\norigin = "http://127.0.0.1:${originPort}"
[output]\nheaders = ${JSON.stringify(FIELDS)}\n${ROUTES}`);
  return main;
}
