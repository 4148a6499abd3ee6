//! Git repositories.

use super::super::super::caps;
use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use super::super::super::values::OciStore;
use super::SourceBuilder;
use crate::go::path;

/// Name of the secret with the token of a Git server.
pub(crate) const GIT_AUTH_TOKEN: &str = "GIT_AUTH_TOKEN";
/// Name of the secret with the `Authorization` header of a Git server.
pub(crate) const GIT_AUTH_HEADER: &str = "GIT_AUTH_HEADER";

/// Where a Git repository is. Host and path make the name of the source, so that one repository
/// has one name over all protocols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GitRemote {
    /// Protocol: `http`, `https`, `ssh` or `git`.
    pub scheme: String,
    /// Host, and port if there is one.
    pub host: String,
    /// Path on that host.
    pub path: String,
    /// The URL that Git gets, without query and fragment.
    pub url: String,
}

/// How to use a Git repository. Empty texts say nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GitOptions {
    /// Branch, tag or commit; empty is the default branch.
    pub reference: String,
    /// Directory of the repository that becomes the root.
    pub subdir: String,
    /// Keeps the `.git` directory.
    pub keep_git_dir: bool,
    /// Secret with the token of the server; by default `GIT_AUTH_TOKEN`.
    pub auth_token_secret: String,
    /// Secret with the header for the server; by default `GIT_AUTH_HEADER`.
    pub auth_header_secret: String,
    /// Requires that the daemon can authenticate, as explicit secrets should.
    pub require_auth: bool,
    /// Known hosts, as in OpenSSH's file. None are looked up here.
    pub known_ssh_hosts: String,
    /// Id of the SSH agent; empty is `default`.
    pub mount_ssh_sock: String,
    /// Commit that the reference must be.
    pub checksum: String,
    /// Leaves submodules out.
    pub skip_submodules: bool,
    /// Times of files: `checkout` or `commit`.
    pub mtime: String,
    /// Fetches the commit of `checksum` whatever the reference is now.
    pub fetch_by_commit: bool,
    /// Shows what git advises while it fetches; daemons older than 0.33 always do.
    pub advice: bool,
    /// Bundle to import instead of fetching.
    pub bundle: String,
    /// Store that has the OCI layout of the bundle.
    pub bundle_store: OciStore,
    /// Gives the commit as a bundle instead of files.
    pub checkout_bundle: bool,
    /// Signature that the commit, or its tag, must have.
    pub signature: Option<GitSignature>,
    /// What accompanies the op.
    pub constraints: Constraints,
}

/// Signature of a commit or a tag, made with OpenPGP or SSH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GitSignature {
    /// Public key, armored, or as in `authorized_keys`.
    pub public_key: String,
    /// Refuses signatures by a key that has expired since.
    pub reject_expired_keys: bool,
    /// Requires that the tag is signed; a signed commit is not enough.
    pub require_signed_tag: bool,
    /// Looks at the commit only, also where the reference is a tag.
    pub ignore_signed_tag: bool,
}

impl Default for GitOptions {
    fn default() -> Self {
        GitOptions {
            reference: String::new(),
            subdir: String::new(),
            keep_git_dir: false,
            auth_token_secret: GIT_AUTH_TOKEN.to_owned(),
            auth_header_secret: GIT_AUTH_HEADER.to_owned(),
            require_auth: false,
            known_ssh_hosts: String::new(),
            mount_ssh_sock: String::new(),
            checksum: String::new(),
            skip_submodules: false,
            mtime: String::new(),
            fetch_by_commit: false,
            advice: false,
            bundle: String::new(),
            bundle_store: OciStore::default(),
            checkout_bundle: false,
            signature: None,
            constraints: Constraints::default(),
        }
    }
}

impl State {
    /// The files of a Git repository.
    pub fn git(remote: &GitRemote, options: GitOptions) -> State {
        let mut source = SourceBuilder::new(
            identifier(remote, &options),
            caps::SOURCE_GIT,
            options.constraints,
        );
        if options.keep_git_dir {
            source.attr("git.keepgitdir", "true");
            source.need(caps::SOURCE_GIT_KEEP_DIR);
        }
        if source.attr_if("git.fullurl", remote.url.clone()) {
            source.need(caps::SOURCE_GIT_FULL_URL);
        }
        let token = source.attr_if("git.authtokensecret", options.auth_token_secret);
        let header = source.attr_if("git.authheadersecret", options.auth_header_secret);
        if options.require_auth && (token || header) {
            source.need(caps::SOURCE_GIT_HTTP_AUTH);
        }
        if remote.scheme == "ssh" {
            source.attr_if("git.knownsshhosts", options.known_ssh_hosts);
            source.need(caps::SOURCE_GIT_KNOWN_SSH_HOSTS);
            let agent = match options.mount_ssh_sock.as_str() {
                "" => "default",
                agent => agent,
            };
            source.attr("git.mountsshsock", agent);
            source.need(caps::SOURCE_GIT_MOUNT_SSH_SOCK);
        }
        if source.attr_if("git.checksum", options.checksum) {
            source.need(caps::SOURCE_GIT_CHECKSUM);
        }
        if options.skip_submodules {
            source.attr("git.skipsubmodules", "true");
            source.need(caps::SOURCE_GIT_SKIP_SUBMODULES);
        }
        if source.attr_if("git.mtime", options.mtime) {
            source.need(caps::SOURCE_GIT_MTIME);
        }
        if options.fetch_by_commit {
            source.attr("git.fetchbycommit", "true");
            source.need(caps::SOURCE_GIT_FETCH_BY_COMMIT);
        }
        if options.advice {
            source.attr("git.advice", "true");
        }
        if source.attr_if("git.bundle", options.bundle) {
            source.need(caps::SOURCE_GIT_BUNDLE);
        }
        source.oci_store(options.bundle_store);
        if options.checkout_bundle {
            source.attr("git.checkoutbundle", "true");
            source.need(caps::SOURCE_GIT_CHECKOUT_BUNDLE);
        }
        if let Some(signature) = options.signature {
            source.attr_if("git.sig.pubkey", signature.public_key);
            for (key, yes) in [
                ("git.sig.rejectexpired", signature.reject_expired_keys),
                ("git.sig.requiresignedtag", signature.require_signed_tag),
                ("git.sig.ignoresignedtag", signature.ignore_signed_tag),
            ] {
                if yes {
                    source.attr(key, "true");
                }
            }
            source.need(caps::SOURCE_GIT_SIGNATURE_VERIFY);
        }
        source.state()
    }
}

/// `git://host/path#reference:subdir`; without a host, the URL as it is.
fn identifier(remote: &GitRemote, options: &GitOptions) -> String {
    if remote.host.is_empty() && remote.path.is_empty() {
        return format!("git://{}", remote.url);
    }
    let mut identifier = format!(
        "git://{}{}",
        remote.host,
        path::join(&["/", remote.path.as_str()])
    );
    if !options.reference.is_empty() || !options.subdir.is_empty() {
        identifier.push('#');
        identifier.push_str(&options.reference);
    }
    if !options.subdir.is_empty() {
        identifier.push(':');
        identifier.push_str(&options.subdir);
    }
    identifier
}
