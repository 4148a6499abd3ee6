// Puts the program into the extension (RDF_BIN, or the release build), and the client's library into one file.
const fs = require('fs');
const path = require('path');
const esbuild = require('esbuild');

const name = process.platform === 'win32' ? 'rdf.exe' : 'rdf';
const built = path.join(__dirname, '../../../target/release', name);
const program = process.env.RDF_BIN || built;
if (!fs.existsSync(program)) {
  console.error(`no such file: ${program}\nrun \`cargo build --release\`, or set RDF_BIN`);
  process.exit(1);
}
fs.mkdirSync(path.join(__dirname, 'bin'), { recursive: true });
fs.copyFileSync(program, path.join(__dirname, 'bin', name));
fs.chmodSync(path.join(__dirname, 'bin', name), 0o755);
esbuild.buildSync({
  entryPoints: [path.join(__dirname, 'extension.js')],
  outfile: path.join(__dirname, 'dist/extension.js'),
  bundle: true,
  platform: 'node',
  external: ['vscode'],
});
