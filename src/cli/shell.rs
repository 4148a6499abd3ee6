//! The only printer: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use crate::diagnostic::text::{Colour, render};
use crate::diagnostic::{Diagnostic, File};

/// Where output goes.
pub(super) struct Shell {
    colour: Colour,
}

impl Shell {
    /// Standard output and error; colours on a terminal, unless `NO_COLOR` is set.
    pub(super) fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = if io::stderr().is_terminal() && !plain {
            Colour::Ansi
        } else {
            Colour::Plain
        };
        Shell { colour }
    }

    /// Whether data would go to a person.
    pub(super) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Writes data.
    pub(super) fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Tells about a problem in a file.
    pub(super) fn diagnostic(&mut self, diagnostic: &Diagnostic, file: &File<'_>) {
        self.tell(&render(diagnostic, file, self.colour));
    }

    /// Tells about any other problem.
    pub(super) fn error(&mut self, message: &str) {
        let diagnostic = Diagnostic::error("rdf", message);
        let text = render(&diagnostic, &File::new("", b""), self.colour);
        self.tell(&text.replacen("[rdf]", "", 1));
    }

    fn tell(&mut self, text: &str) {
        // When stderr is gone there is no one to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
