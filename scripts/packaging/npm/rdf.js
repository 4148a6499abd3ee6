#!/usr/bin/env node
// Starts the program of the package for this system, which npm installs as an optional dependency.
"use strict";

const { spawnSync } = require("node:child_process");

const system = `${process.platform}-${process.arch}`;
const name = `@dockerfile-rs/${system}`;
const supported = Object.keys(require("../package.json").optionalDependencies);

function fail(message, hint) {
  console.error(`error: ${message}\n  = help: ${hint}`);
  process.exit(2);
}

if (!supported.includes(name)) {
  fail(`rdf has no program for ${system}`, "install it from source: `cargo install dockerfile-llb --bin rdf`");
}
let program;
try {
  program = require.resolve(`${name}/rdf${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  fail(`the package \`${name}\` is not installed`, "install `dockerfile-rs` again, without `--omit=optional`");
}
const { status, signal, error } = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (error) {
  fail(`cannot start ${program}: ${error.message}`, "install `dockerfile-rs` again");
}
if (signal) {
  process.kill(process.pid, signal);
}
process.exit(status === null ? 2 : status);
