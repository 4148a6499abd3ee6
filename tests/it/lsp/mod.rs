//! `rdf lsp`, as an editor talks to it: recorded sessions are snapshots in `testdata/lsp`.

#[cfg(feature = "testing")]
mod beside;
mod client;
mod hostile;
mod language;
mod rename;
mod sessions;
mod table;
mod typing;
