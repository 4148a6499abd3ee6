//! What `rdf lock` waits for, drawn on a terminal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// Between two drawings.
const TICK: Duration = Duration::from_millis(200);

/// How long a question is open before its time is told.
const SOON: Duration = Duration::from_secs(2);

/// Questions that are open, in the order in which they were asked.
type Open = Arc<Mutex<Vec<(String, Instant)>>>;

/// How many questions are answered, and which one is open for the longest time.
pub(super) struct Progress {
    bar: ProgressBar,
    open: Open,
}

impl Progress {
    pub(super) fn new(is_watched: bool) -> Self {
        let open = Open::default();
        let bar = match is_watched {
            // Drawn on a terminal only.
            true => ProgressBar::new(0),
            false => ProgressBar::hidden(),
        };
        let shown = open.clone();
        // The message is cut where the line ends.
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len}{waited} {wide_msg}") {
            let waited = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let open = shown.lock().unwrap_or_else(PoisonError::into_inner);
                // What cannot be drawn is drawn at the next time.
                let _ = out.write_str(&waited(&open, Instant::now()));
            };
            bar.set_style(style.with_key("waited", waited));
        }
        Progress { bar, open }
    }

    /// So many questions more.
    pub(super) fn add(&self, count: usize) {
        self.bar.inc_length(count as u64);
        if !self.bar.is_hidden() {
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// A question is asked.
    pub(super) fn start(&self, subject: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push((subject.to_owned(), Instant::now()));
        let message = waiting(&open);
        // Drawing asks for the list.
        drop(open);
        self.bar.set_message(message);
    }

    /// It is answered, or has failed.
    pub(super) fn done(&self, subject: &str, well: bool) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().position(|(name, _)| name == subject) {
            open.remove(at);
        }
        let message = waiting(&open);
        drop(open);
        self.bar.set_message(message);
        self.bar.inc(1);
        if !well {
            self.bar.println(format!("failed: {subject}"));
        }
    }

    /// Takes it off the terminal.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// `resolving alpine:3.20 and 3 more`: what is open for the longest time.
fn waiting(open: &[(String, Instant)]) -> String {
    match open {
        [] => String::new(),
        [(subject, _)] => format!("resolving {subject}"),
        [(subject, _), more @ ..] => format!("resolving {subject} and {} more", more.len()),
    }
}

/// ` 12 s`: for how long that is.
fn waited(open: &[(String, Instant)], now: Instant) -> String {
    let since = open
        .first()
        .map(|(_, since)| now.saturating_duration_since(*since));
    match since.filter(|waited| *waited >= SOON) {
        Some(waited) => format!(" {} s", waited.as_secs()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_for_the_longest_time_is_named() {
        let progress = Progress::new(false);
        let shown = |later: u64| {
            let open = progress.open.lock().unwrap();
            let now = Instant::now() + Duration::from_secs(later);
            format!("{}|{}", waited(&open, now), waiting(&open))
        };
        assert_eq!(shown(0), "|");
        ["a", "b", "c"].iter().for_each(|it| progress.start(it));
        assert_eq!(shown(0), "|resolving a and 2 more");
        assert_eq!(shown(12), " 12 s|resolving a and 2 more");
        progress.done("a", true);
        progress.done("c", false);
        assert_eq!(shown(3), " 3 s|resolving b");
    }
}
