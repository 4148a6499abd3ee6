//! The only printer: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use super::exit::{Exit, Failure};
use crate::diagnostic::text::{Colour, render};
use crate::diagnostic::{Diagnostic, File, sanitize};

/// When to print in colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ColourWhen {
    /// On a terminal, or where `FORCE_COLOR` or `CLICOLOR_FORCE` is set, unless `NO_COLOR` is
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What `--color` says, for what is told before the arguments are understood.
pub(super) fn colour_asked(words: impl Iterator<Item = String>) -> ColourWhen {
    let words: Vec<String> = words.collect();
    let asked = words.iter().enumerate().find_map(|(index, word)| {
        let rest = word.strip_prefix("--color")?;
        match rest.strip_prefix('=') {
            None if rest.is_empty() => words.get(index + 1).map(String::as_str),
            value => value,
        }
    });
    match asked {
        Some("always") => ColourWhen::Always,
        Some("never") => ColourWhen::Never,
        _ => ColourWhen::Auto,
    }
}

/// How much to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Nothing: what is looked for is told at another time.
    Silent,
    /// Results and problems only.
    Quiet,
    /// What happened, in a line or two.
    #[default]
    Usual,
    /// What was looked at, and why.
    Verbose,
}

/// To the upper left corner, all that is below it taken off, and what has been scrolled away.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Where output goes.
pub(super) struct Shell {
    colour: ColourWhen,
    verbosity: Verbosity,
    lost: Option<Lost>,
}

/// Why data did not reach standard output.
enum Lost {
    /// The reader went away, which it need not be told.
    Closed,
    /// What the system says.
    Failed(String),
}

impl Shell {
    /// Standard output and error.
    pub(super) fn new(colour: ColourWhen, verbosity: Verbosity) -> Self {
        Shell {
            colour,
            verbosity,
            lost: None,
        }
    }

    /// Whether data would go to a person.
    pub(super) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Colours of what goes to standard output.
    pub(super) fn colour_of_data(&self) -> Colour {
        self.colour(io::stdout().is_terminal())
    }

    fn colour_of_problems(&self) -> Colour {
        self.colour(io::stderr().is_terminal())
    }

    fn colour(&self, is_terminal: bool) -> Colour {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = |name: &str| set(name) && std::env::var_os(name).is_some_and(|it| it != "0");
        let is_forced = forced("FORCE_COLOR") || forced("CLICOLOR_FORCE");
        let dumb = || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        match self.colour {
            ColourWhen::Always => Colour::Ansi,
            ColourWhen::Auto if set("NO_COLOR") => Colour::Plain,
            ColourWhen::Auto if is_forced || is_terminal && !dumb() => Colour::Ansi,
            ColourWhen::Auto | ColourWhen::Never => Colour::Plain,
        }
    }

    /// Writes what is wrong with the arguments, or the help or version that they ask for.
    pub(super) fn arguments(&mut self, told: &clap::Error) {
        let styled = told.render();
        let text = |colour| match colour {
            Colour::Ansi => styled.ansi().to_string(),
            Colour::Plain => styled.to_string(),
        };
        if told.use_stderr() {
            self.tell(&text(self.colour_of_problems()));
        } else {
            self.text(&text(self.colour_of_data()));
        }
    }

    /// Whether what was done is told in a line or two.
    pub(super) fn is_quiet(&self) -> bool {
        self.verbosity <= Verbosity::Quiet
    }

    /// Whether data no longer reaches standard output.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Takes off a terminal what was printed before.
    pub(super) fn clear(&mut self) {
        if self.is_terminal() {
            self.text(CLEAR);
        }
    }

    /// Writes data. Once a part could not be written nothing more is, and [`Shell::finish`] says so.
    pub(super) fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.lost.is_some() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(bytes).and_then(|()| out.flush()) {
            self.lost = Some(match error.kind() {
                io::ErrorKind::BrokenPipe => Lost::Closed,
                _ => Lost::Failed(error.to_string()),
            });
        }
        Ok(())
    }

    /// Writes text for people, who are told of problems in another way.
    pub(super) fn text(&mut self, text: &str) {
        let _ = self.data(text.as_bytes());
    }

    /// How the program ends that wants to end with `exit`: output that was cut off is a failure. A reader that went
    /// away, such as `head`, is not told.
    pub(super) fn finish(&mut self, exit: Exit) -> Exit {
        let Some(lost) = self.lost.take() else {
            return exit;
        };
        if let Lost::Failed(why) = lost {
            self.error(&format!("cannot write to standard output: {why}"), "");
        }
        exit.max(Exit::Usage)
    }

    /// Says what happened, unless that is not wanted.
    pub(super) fn note(&mut self, message: &str) {
        if self.verbosity >= Verbosity::Usual {
            self.tell(&format!("{}\n", sanitize(message)));
        }
    }

    /// Says what was done, for those who want to know.
    pub(super) fn detail(&mut self, message: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.tell(&format!("{}\n", sanitize(message)));
        }
    }

    /// Tells about a problem in a file.
    pub(super) fn diagnostic(&mut self, diagnostic: &Diagnostic, file: &File<'_>) {
        self.tell(&self.rendered(diagnostic, file));
    }

    /// Tells about any other problem, and what to do about it.
    pub(super) fn error(&mut self, message: &str, hint: &str) {
        self.bare(Diagnostic::error("", message), hint);
    }

    /// Tells about something that does not keep the command from going on.
    pub(super) fn warning(&mut self, message: &str, hint: &str) {
        self.bare(Diagnostic::warning("", message), hint);
    }

    fn bare(&mut self, diagnostic: Diagnostic, hint: &str) {
        let diagnostic = match hint {
            "" => diagnostic,
            hint => diagnostic.hint(hint),
        };
        self.diagnostic(&diagnostic, &File::new("", b""));
    }

    fn rendered(&self, diagnostic: &Diagnostic, file: &File<'_>) -> String {
        let width = columns(&io::stderr());
        render(diagnostic, file, self.colour_of_problems(), width)
    }

    /// A problem as a person reads it on standard output.
    pub(super) fn frame(&self, diagnostic: &Diagnostic, file: &File<'_>) -> String {
        let width = columns(&io::stdout());
        render(diagnostic, file, self.colour_of_data(), width)
    }

    fn tell(&mut self, text: &str) {
        if self.verbosity == Verbosity::Silent {
            return;
        }
        // When stderr is gone there is no one to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Columns of the terminal that a stream goes to.
#[cfg(unix)]
fn columns(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    Some(usize::from(width.0))
}

/// Columns of the terminal that a stream goes to.
#[cfg(windows)]
fn columns(stream: &impl std::os::windows::io::AsHandle) -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    Some(usize::from(width.0))
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: usize, what: &str) -> String {
    counted_as(count, what, &format!("{what}s"))
}

/// The same for a word whose plural is another.
pub(super) fn counted_as(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}
