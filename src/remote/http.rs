//! Files from the web.
//!
//! Owns which texts name one and under which name the file is kept.

use super::git::is_git_source;
use crate::go::path;
use crate::go::url::Url;

/// Name of the file that a web build context is fetched into.
pub const HTTP_CONTEXT_FILENAME: &str = "context";

/// Name of a fetched file whose URL has no last path component.
const UNNAMED: &str = "__unnamed__";

/// `text` is a web URL, of whatever.
pub fn is_http_context(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// `text` is a web URL and not that of a git repository.
pub fn is_http_source(text: &str) -> bool {
    is_http_context(text) && !is_git_source(text)
}

/// The name under which the file at `url` is kept: the last component of its path.
pub fn http_filename(url: &str) -> String {
    let Ok(url) = Url::parse(url) else {
        return UNNAMED.to_owned();
    };
    let path = url.path();
    match path::base(&path) {
        "." | "/" => UNNAMED.to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_repositories() {
        assert!(is_http_source("http://h.test/x.tar.gz"));
        assert!(is_http_source("https://h.test/r.git/x"));
        assert!(!is_http_source("https://h.test/r.git"));
        assert!(!is_http_source("HTTP://h.test/x"));
        // A repository with a broken query is not taken for a file by those who look for one first.
        assert!(is_http_source("https://h.test/r.git?what=x"));
    }

    #[test]
    fn files_are_named_after_the_path() {
        for (url, name) in [
            ("https://h.test/a/b.txt?x=/y#z", "b.txt"),
            ("https://h.test/a%20b/", "a b"),
            ("https://h.test/a%2Fb", "b"),
            ("https://h.test/", "__unnamed__"),
            ("https://h.test", "__unnamed__"),
            ("https://h.test/.", "__unnamed__"),
            ("https://h.test:x/a", "__unnamed__"),
        ] {
            assert_eq!(http_filename(url), name, "{url}");
        }
    }
}
