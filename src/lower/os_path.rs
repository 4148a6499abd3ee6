//! Paths as the target's operating system sees them: on windows, drive letters and backslashes.
//!
//! LLB always has slashes; only `WorkingDir` of an image config keeps the target's separators.

use std::borrow::Cow;

use crate::diagnostic::ErrorCode;
use crate::go::path;
use crate::plan::CompileError;
use crate::syntax::Text;

const WINDOWS: &str = "windows";

/// Backslashes to slashes, on windows.
pub(crate) fn to_slash<'p>(input: &'p str, os: &str) -> Cow<'p, str> {
    if os == WINDOWS && input.contains('\\') {
        Cow::Owned(input.replace('\\', "/"))
    } else {
        Cow::Borrowed(input)
    }
}

/// Whether `input` is absolute on `os`; what has a wrong drive letter is not.
pub(crate) fn is_abs(input: &str, os: &str) -> bool {
    without_drive(input, os, false).is_ok_and(|cleaned| cleaned.starts_with('/'))
}

/// On windows: cleans a path, drops the drive letter `C:` and refuses other drives and UNC paths.
/// Elsewhere: the path itself.
pub(crate) fn without_drive<'p>(
    input: &'p str,
    os: &str,
    keep_slash: bool,
) -> Result<Cow<'p, str>, CompileError> {
    if os != WINDOWS {
        return Ok(Cow::Borrowed(input));
    }
    let bytes = input.as_bytes();
    if bytes.len() == 2 && bytes.get(1) == Some(&b':') {
        let quoted = crate::go::quote::quote(input);
        return Err(invalid(format!("No relative path specified in {quoted}")));
    }
    if to_slash(input, os).starts_with("//") {
        return Err(invalid("UNC paths are not supported"));
    }
    let rest = match input.split_once(':') {
        None => input,
        Some((drive, rest)) if drive.eq_ignore_ascii_case("c") => rest,
        Some(_) => {
            return Err(invalid(
                "The specified path is not on the system drive (C:)",
            ));
        }
    };
    Ok(Cow::Owned(clean(rest, os, keep_slash)))
}

#[cold]
fn invalid(message: impl Into<Text>) -> CompileError {
    CompileError::new(ErrorCode::InvalidWindowsPath, message)
}

fn clean(input: &str, os: &str, keep_slash: bool) -> String {
    let input = to_slash(input, os);
    let mut cleaned = path::clean(&input).to_string();
    if keep_slash && cleaned.len() > 1 && input.ends_with('/') {
        cleaned.push('/');
    }
    cleaned
}

/// Joins `new` to `parent` unless it is absolute. `keep_slash` keeps a final `/` or `/.`, which tells a
/// copy that its destination is a directory.
pub(crate) fn normalize(
    parent: &str,
    new: &str,
    os: &str,
    keep_slash: bool,
) -> Result<String, CompileError> {
    let drive = |error: CompileError| error.context("removing drive letter");
    let original = to_slash(new, os);
    let slashed = match parent {
        "" => Cow::Borrowed("/"),
        parent => to_slash(parent, os),
    };
    let mut parent = without_drive(&slashed, os, keep_slash).map_err(drive)?;
    if !is_abs(&parent, os) {
        parent = Cow::Owned(path::join(&["/", &parent]));
    }
    let new = if original.is_empty() {
        &*parent
    } else {
        &*original
    };
    let mut new = without_drive(new, os, keep_slash).map_err(drive)?;
    if !is_abs(&new, os) {
        new = Cow::Owned(path::join(&[&*parent, &*new]));
    }
    if keep_slash {
        if original.ends_with('/') && !new.ends_with('/') {
            new.to_mut().push('/');
        } else if original.ends_with("/.") {
            if new != "/" {
                new.to_mut().push('/');
            }
            new.to_mut().push('.');
        }
    }
    if let Cow::Owned(slashed) = to_slash(&new, os) {
        return Ok(slashed);
    }
    Ok(new.into_owned())
}

/// The working directory after `WORKDIR wd`, with the separators of `os`.
pub(crate) fn normalize_workdir(current: &str, wd: &str, os: &str) -> Result<String, CompileError> {
    let wd = normalize(current, wd, os, false)
        .map_err(|error| error.context("normalizing working directory"))?;
    Ok(if os == WINDOWS {
        wd.replace('/', "\\")
    } else {
        wd
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_join_the_parent() {
        assert_eq!(
            normalize("/app", "x/../y", "linux", true).ok().as_deref(),
            Some("/app/y")
        );
        assert_eq!(
            normalize("/app", "./", "linux", true).ok().as_deref(),
            Some("/app/")
        );
        assert_eq!(
            normalize("", "a/.", "linux", true).ok().as_deref(),
            Some("/a/.")
        );
    }

    #[test]
    fn absolute_linux_paths_stay_as_written() {
        assert_eq!(
            normalize("/", "/a/../b", "linux", true).ok().as_deref(),
            Some("/a/../b")
        );
    }

    #[test]
    fn windows_drops_drive_letters() {
        assert_eq!(
            normalize("\\app", "sub\\dir\\", "windows", true)
                .ok()
                .as_deref(),
            Some("/app/sub/dir/")
        );
        assert_eq!(
            normalize_workdir("/", "C:\\x\\y", "windows")
                .ok()
                .as_deref(),
            Some("\\x\\y")
        );
        let wrong = normalize("/", "d:\\x", "windows", false).map_err(|e| e.message().to_owned());
        assert_eq!(
            wrong,
            Err("removing drive letter: The specified path is not on the system drive (C:)".into())
        );
    }
}
