// Starts `rdf lsp` for Dockerfiles, and hands the settings over.
const path = require('path');
const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

/** The settings that the server knows. */
function settings() {
  const all = workspace.getConfiguration('rdf');
  const names = ['target', 'platform', 'buildArgs', 'bakeTarget'];
  return Object.fromEntries(names.map((name) => [name, all.get(name)]));
}

exports.activate = async (context) => {
  const name = process.platform === 'win32' ? 'rdf.exe' : 'rdf';
  const own = context.asAbsolutePath(path.join('bin', name));
  const command = workspace.getConfiguration('rdf').get('path') || own;
  client = new LanguageClient(
    'rdf',
    'rdf',
    { command, args: ['lsp'] },
    {
      documentSelector: [
        { language: 'dockerfile' },
        { pattern: '**/docker-bake*.{hcl,json}' },
        { pattern: '**/{docker-,}compose*.{yaml,yml}' },
      ],
      initializationOptions: settings(),
    },
  );
  context.subscriptions.push(
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('rdf')) {
        client.sendNotification('workspace/didChangeConfiguration', { settings: settings() });
      }
    }),
  );
  await client.start();
};

exports.deactivate = () => client && client.stop();
