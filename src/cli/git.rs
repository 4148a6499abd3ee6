//! Git, as a program that is asked.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::limits::MAX_GIT_WORDS;

/// What git answered.
pub(super) struct Answer {
    /// What it printed.
    pub bytes: Vec<u8>,
    /// Why it failed, in its first words; `None` where it did not.
    pub failure: Option<String>,
}

/// Runs git in `directory`, of which no more than `most` bytes are taken.
///
/// # Errors
/// When git cannot be run, or prints more.
pub(super) fn ask(directory: &Path, arguments: &[&str], most: u64) -> io::Result<Answer> {
    let mut child = Command::new("git")
        .current_dir(directory)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut bytes = Vec::new();
    let (read, words) = std::thread::scope(|scope| {
        let words = scope.spawn(|| {
            let mut words = Vec::new();
            if let Some(mut stderr) = stderr {
                // Read to the end, so that git does not wait; what is not kept is not told.
                let _ = stderr.by_ref().take(MAX_GIT_WORDS).read_to_end(&mut words);
                let _ = io::copy(&mut stderr, &mut io::sink());
            }
            words
        });
        let read = match stdout {
            Some(stdout) => stdout.take(most.saturating_add(1)).read_to_end(&mut bytes),
            None => Ok(0),
        };
        let is_over = bytes.len() as u64 > most;
        if is_over || read.is_err() {
            let _ = child.kill();
        }
        (read, words.join().unwrap_or_default())
    });
    let status = child.wait()?;
    read?;
    if bytes.len() as u64 > most {
        let message = format!("git's answer exceeds the limit of {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let failure = || {
        let text = String::from_utf8_lossy(&words);
        let line = text.lines().next().unwrap_or("git failed");
        line.trim_start_matches("fatal: ").to_owned()
    };
    Ok(Answer {
        bytes,
        failure: (!status.success()).then(failure),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_a_bound() {
        let here = Path::new(".");
        let answer = ask(here, &["--version"], 100).unwrap();
        assert!(answer.bytes.starts_with(b"git version") && answer.failure.is_none());
        let error = ask(here, &["--version"], 4).err().unwrap();
        assert!(error.to_string().contains("exceeds the limit of 4 bytes"));
        let failed = ask(here, &["rev-parse", "--verify", "no-such-name"], 100).unwrap();
        assert!(failed.failure.is_some());
        assert!(ask(Path::new("/no/such/directory"), &["--version"], 100).is_err());
    }
}
