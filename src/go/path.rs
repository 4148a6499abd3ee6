//! `path`, which is `path/filepath` too where the reference runs: slashes only.

use std::borrow::Cow;

/// `path.Clean`: the shortest equal path; `.` for an empty one.
pub fn clean(path: &str) -> Cow<'_, str> {
    if is_clean(path) {
        return Cow::Borrowed(path);
    }
    let rooted = path.starts_with('/');
    let mut clean = String::with_capacity(path.len());
    clean.push_str(if rooted { "/" } else { "" });
    let root = clean.len();
    // How many elements `..` can take back.
    let mut depth = 0_usize;
    for element in path.split('/') {
        match element {
            "" | "." => continue,
            ".." if depth > 0 => {
                depth -= 1;
                let kept = clean.rfind('/').unwrap_or_default();
                clean.truncate(kept.max(root));
                continue;
            }
            ".." if rooted => continue,
            ".." => {}
            _ => depth += 1,
        }
        if clean.len() > root {
            clean.push('/');
        }
        clean.push_str(element);
    }
    match clean.is_empty() {
        true => Cow::Borrowed("."),
        false => Cow::Owned(clean),
    }
}

fn is_clean(path: &str) -> bool {
    match path.strip_prefix('/').unwrap_or(path) {
        "" => path == "/",
        "." => path == ".",
        rest => rest
            .as_bytes()
            .split(|byte| *byte == b'/')
            .all(|element| !matches!(element, b"" | b"." | b"..")),
    }
}

/// `path.Join`: elements that are not empty, joined and cleaned; empty if all are.
pub fn join<S: AsRef<str>>(elements: &[S]) -> String {
    let length = elements.iter().map(|element| element.as_ref().len() + 1);
    let mut joined = String::with_capacity(length.sum());
    for element in elements {
        let element = element.as_ref();
        // No clean path has two slashes in a row: one less to remove.
        if !element.is_empty() && !joined.is_empty() && !joined.ends_with('/') {
            joined.push('/');
        }
        joined.push_str(element);
    }
    if joined.is_empty() || is_clean(&joined) {
        return joined;
    }
    clean(&joined).into_owned()
}

/// `path.IsAbs`.
pub fn is_abs(path: &str) -> bool {
    path.starts_with('/')
}

/// `path.Base`: the last element; `.` for an empty path, `/` for slashes only.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (false, true) => "/",
        (false, false) => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// `path.Dir`: all but the last element, cleaned.
pub fn dir(path: &str) -> Cow<'_, str> {
    match path.rfind('/') {
        Some(slash) => clean(path.get(..=slash).unwrap_or_default()),
        None => Cow::Borrowed("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans() {
        for (path, cleaned) in [
            ("", "."),
            (".", "."),
            ("/", "/"),
            ("//", "/"),
            ("/.", "/"),
            ("a/b/../c/", "a/c"),
            ("../../a", "../../a"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("./a//b", "a/b"),
            ("a/../..", ".."),
            ("a/b", "a/b"),
        ] {
            assert_eq!(clean(path), cleaned, "{path:?}");
        }
    }

    #[test]
    fn joins_and_takes_apart() {
        assert_eq!(join(&["/", "", "a", "../b"]), "/b");
        assert_eq!(join(&["", ""]), "");
        assert_eq!(
            (base("/a/b/"), base(""), base("//"), base("a")),
            ("b", ".", "/", "a")
        );
        assert_eq!(
            (&*dir("/a/b"), &*dir("a"), &*dir("/"), &*dir("a/")),
            ("/a", ".", "/", "a")
        );
    }
}
