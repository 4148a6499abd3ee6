// A registry of npm packages, of a directory with archives: node registry.js DIR
"use strict";

const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { readFileSync, readdirSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");

const [dir, port] = [process.argv[2], 4873];
const packages = new Map();
const archives = new Map();
for (const file of readdirSync(dir).filter((name) => name.endsWith(".tgz"))) {
  const path = join(dir, file);
  const manifest = JSON.parse(execFileSync("tar", ["xzOf", path, "package/package.json"]));
  const bytes = readFileSync(path);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const dist = { tarball: `http://127.0.0.1:${port}/-/${file}`, integrity };
  packages.set(manifest.name, {
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  });
  archives.set(`-/${file}`, bytes);
}

createServer((request, response) => {
  const name = decodeURIComponent(request.url.slice(1));
  const answer = archives.get(name) ?? (packages.has(name) ? JSON.stringify(packages.get(name)) : undefined);
  response.statusCode = answer === undefined ? 404 : 200;
  response.end(answer ?? "{}");
}).listen(port, "127.0.0.1");
