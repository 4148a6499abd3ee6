//! Git refs: what a branch or a tag of a remote is now.
//!
//! HTTP remotes are asked by protocol version 2, in two requests; all others, and those that want
//! credentials, by the user's own `git`, which knows keys, agents and helpers.

mod ls_refs;
mod pkt;

use std::process::Stdio;

use tokio::io::AsyncReadExt as _;

use super::{Client, Error, ErrorKind};
use crate::limits::{GIT_TIMEOUT, MAX_GIT_REFS_BYTES};

/// A ref, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedRef {
    /// Its full name; empty for a commit.
    pub name: String,
    /// The commit, full hexadecimal.
    pub commit: String,
    /// The tag object of an annotated tag.
    pub tag_object: Option<String>,
}

/// One line of an advertisement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RemoteRef {
    name: String,
    hash: String,
    peeled: Option<String>,
}

impl Client {
    /// Resolves `reference` of `remote`; empty is the default branch.
    ///
    /// # Errors
    /// What kept it from being found.
    pub async fn resolve_git(&self, remote: &str, reference: &str) -> Result<ResolvedRef, Error> {
        if is_hash(reference) {
            return Ok(ResolvedRef {
                name: String::new(),
                commit: reference.to_owned(),
                tag_object: None,
            });
        }
        check_words(remote, reference)?;
        let refs = match remote.split_once("://") {
            Some(("http" | "https", _)) => match self.ls_refs(remote, reference).await {
                // Only the user's git knows their helpers.
                Err(error)
                    if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Malformed) =>
                {
                    ls_remote(remote, reference).await.map_err(|_| error)?
                }
                refs => refs?,
            },
            _ => ls_remote(remote, reference).await?,
        };
        choose(remote, reference, &refs)
    }
}

/// The names under which a ref is looked for, best first: branches before tags, as the engine has it.
fn wanted(reference: &str) -> Vec<String> {
    if reference.is_empty() {
        return vec!["HEAD".to_owned()];
    }
    if reference.starts_with("refs/") {
        return vec![reference.to_owned()];
    }
    ["refs/heads/", "refs/tags/", "refs/"]
        .iter()
        .map(|prefix| format!("{prefix}{reference}"))
        .collect()
}

fn choose(remote: &str, reference: &str, refs: &[RemoteRef]) -> Result<ResolvedRef, Error> {
    let names = wanted(reference);
    let found = names
        .iter()
        .find_map(|name| refs.iter().find(|have| have.name == *name));
    match found {
        Some(found) => {
            let commit = found.peeled.clone().unwrap_or_else(|| found.hash.clone());
            let tag_object = found.peeled.as_ref().map(|_| found.hash.clone());
            let name = if found.name == "HEAD" {
                String::new()
            } else {
                found.name.clone()
            };
            Ok(ResolvedRef {
                name,
                commit,
                tag_object,
            })
        }
        None if reference.is_empty() => Err(Error::new(
            ErrorKind::NotFound,
            format!("`{remote}` has no default branch"),
        )),
        None => Err(Error::new(
            ErrorKind::NotFound,
            format!("`{remote}` has no ref `{reference}`"),
        )
        .hint("name a branch, a tag or a full commit; a short hash cannot be resolved")),
    }
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Nothing that git could read as an option, a command or another transport.
fn check_words(remote: &str, reference: &str) -> Result<(), Error> {
    let refused =
        |why: &str| Error::refused(format!("the git remote cannot be used: {why}")).unnamed();
    let odd =
        |text: &str| text.starts_with('-') || text.chars().any(|c| c.is_control() || c == ' ');
    if odd(remote) || odd(reference) {
        return Err(refused("its URL or its ref could be taken for an option"));
    }
    // Never local paths, and never `ext::` and the like.
    let known = ["http://", "https://", "ssh://", "git://"]
        .iter()
        .any(|scheme| remote.starts_with(scheme));
    let scp = remote.split_once(':').is_some_and(|(host, path)| {
        !path.starts_with(':')
            && !path.starts_with("//")
            && host.contains('@')
            && !host.contains('/')
    });
    if !known && !scp {
        return Err(refused("its URL is none of http, https, ssh and git"));
    }
    let host = remote.split_once("://").map_or(remote, |(_, rest)| rest);
    if host.starts_with('-')
        || host
            .split_once('@')
            .is_some_and(|(_, host)| host.starts_with('-'))
    {
        return Err(refused("its host could be taken for an option"));
    }
    if let Some((scheme @ ("http" | "https"), rest)) = remote.split_once("://")
        && rest
            .split('/')
            .next()
            .is_some_and(|authority| authority.contains('@'))
    {
        return Err(Error::refused(format!("a git URL with credentials ({scheme}) is not locked: they would end up in the lock"))
            .hint("keep them in a credential helper, and give them to the daemon as the secret GIT_AUTH_TOKEN"));
    }
    Ok(())
}

/// Asks the user's `git`.
async fn ls_remote(remote: &str, reference: &str) -> Result<Vec<RemoteRef>, Error> {
    let failed = |why: String| {
        Error::new(
            ErrorKind::Unreachable,
            format!("`git ls-remote {remote}`: {why}"),
        )
    };
    let mut command = tokio::process::Command::new("git");
    command
        .args([
            "-c",
            "protocol.ext.allow=never",
            "-c",
            "protocol.file.allow=never",
            "ls-remote",
            "--",
            remote,
        ])
        .args(wanted(reference))
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GCM_INTERACTIVE", "never")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    // A tag's commit is advertised under this name.
    command.args(
        wanted(reference)
            .into_iter()
            .map(|name| format!("{name}^{{}}")),
    );
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("it has no output".to_owned()));
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let talk = async {
        let limit = MAX_GIT_REFS_BYTES as u64;
        let mut out_limited = (&mut stdout).take(limit);
        let mut err_limited = (&mut stderr).take(64 << 10);
        futures_util::future::try_join(
            out_limited.read_to_end(&mut out),
            err_limited.read_to_end(&mut err),
        )
        .await?;
        child.wait().await
    };
    let status = tokio::time::timeout(GIT_TIMEOUT, talk).await;
    let status = status
        .map_err(|_| failed("it did not answer in time".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        let text = String::from_utf8_lossy(&err);
        let shown = reason(&text);
        return Err(failed(shown).hint("check that `git ls-remote` works for it in a terminal"));
    }
    Ok(read_list(&String::from_utf8_lossy(&out)))
}

/// Why git failed: its first `fatal:`, and before that what ssh or the server said.
fn reason(text: &str) -> String {
    let told = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("Warning:") && !line.starts_with("warning:")
    };
    let lines: Vec<&str> = text.lines().filter(told).collect();
    let fatal = lines.iter().position(|line| line.starts_with("fatal:"));
    let shown = match fatal {
        Some(at) => lines
            .get(at.saturating_sub(1)..=at)
            .unwrap_or_default()
            .join("; "),
        None => lines
            .first()
            .map_or_else(|| "it failed".to_owned(), |line| (*line).to_owned()),
    };
    shown
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect()
}

/// `hash<tab>name` lines, the commit of a tag in a line of its own.
fn read_list(text: &str) -> Vec<RemoteRef> {
    let mut refs: Vec<RemoteRef> = Vec::new();
    for (hash, name) in text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(hash, _)| is_hash(hash))
    {
        match name.strip_suffix("^{}") {
            Some(tag) => {
                if let Some(have) = refs.iter_mut().find(|have| have.name == tag) {
                    have.peeled = Some(hash.to_owned());
                }
            }
            None => refs.push(RemoteRef {
                name: name.to_owned(),
                hash: hash.to_owned(),
                peeled: None,
            }),
        }
    }
    refs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_odd_transports_are_refused() {
        for (remote, reference) in [
            ("--upload-pack=x", ""),
            ("https://h/r", "--upload-pack=x"),
            ("ext::sh -c x", ""),
            ("file:///etc", ""),
            ("/srv/repo", ""),
            ("ssh://-oProxyCommand=x/r", ""),
            ("ssh://git@-oProxyCommand=x/r", ""),
            ("https://u:p@h/r", ""),
            ("https://h/r", "a\nb"),
        ] {
            assert!(
                check_words(remote, reference).is_err(),
                "{remote} {reference}"
            );
        }
        for remote in [
            "https://h/r.git",
            "ssh://git@h/r",
            "git@h:r.git",
            "git://h/r",
        ] {
            assert!(check_words(remote, "v1").is_ok(), "{remote}");
        }
    }

    #[test]
    fn the_reason_of_git_is_its_first_word() {
        for (text, shown) in [
            (
                "ssh: Could not resolve hostname h: Name or service not known\r\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
                "ssh: Could not resolve hostname h: Name or service not known; fatal: Could not read from remote repository.",
            ),
            (
                "Warning: Permanently added 'h' (ED25519) to the list of known hosts.\ngit@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure\n",
                "git@h: Permission denied (publickey).; fatal: Could not read from remote repository.",
            ),
            (
                "fatal: repository 'x' not found\n",
                "fatal: repository 'x' not found",
            ),
            ("error: cannot run ssh\n\n", "error: cannot run ssh"),
            ("", "it failed"),
        ] {
            assert_eq!(reason(text), shown);
        }
    }

    #[test]
    fn a_branch_wins_and_a_tag_is_peeled() {
        let (a, b, c) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let tag = format!("{b}\trefs/tags/v1\n{c}\trefs/tags/v1^{{}}\n");
        let found = choose("r", "v1", &read_list(&tag)).unwrap();
        assert_eq!(
            (
                found.name.as_str(),
                &found.commit,
                found.tag_object.as_ref()
            ),
            ("refs/tags/v1", &c, Some(&b))
        );
        assert_eq!(choose("r", "tags/v1", &read_list(&tag)).unwrap(), found);
        let refs = read_list(&format!("{a}\trefs/heads/v1\n{tag}"));
        assert_eq!(choose("r", "v1", &refs).unwrap().commit, a);
        assert_eq!(
            choose("r", "v2", &refs).unwrap_err().kind,
            ErrorKind::NotFound
        );
    }
}
