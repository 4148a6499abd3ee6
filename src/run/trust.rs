//! Why a command trusts the proxy: an authority made for this step, and the variables by which tools are told of it.
//!
//! Nothing of the image is changed: tools read a bundle that holds the image's own authorities and ours, in memory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{Doing as _, Error, Mode, jvm};

/// Where distributions keep the bundle of authorities: Debian and Alpine, Fedora, openSUSE, and busybox.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Variables that name a bundle of authorities, and who reads them.
const BUNDLE_VARIABLES: &[(&str, &str)] = &[
    (
        "SSL_CERT_FILE",
        "OpenSSL, Go, Ruby, uv and other users of rustls-native-certs",
    ),
    ("CURL_CA_BUNDLE", "curl"),
    ("REQUESTS_CA_BUNDLE", "Python's requests, poetry"),
    ("PIP_CERT", "pip"),
    ("NODE_EXTRA_CA_CERTS", "Node, yarn"),
    (
        "npm_config_cafile",
        "npm, pnpm, yarn 1, where a file of settings names authorities",
    ),
    ("GIT_SSL_CAINFO", "git"),
    ("CARGO_HTTP_CAINFO", "cargo"),
    ("AWS_CA_BUNDLE", "aws"),
    ("BUNDLE_SSL_CA_CERT", "bundler"),
    ("COMPOSER_CAFILE", "composer"),
    ("DENO_CERT", "deno"),
    ("HTTPLIB2_CA_CERTS", "Python's httplib2"),
    ("NIX_SSL_CERT_FILE", "nix"),
    ("PERL_LWP_SSL_CA_FILE", "Perl's LWP, cpan"),
];

/// Variables that switch a tool's use of the proxy on.
const SWITCHES: &[(&str, &str)] = &[("NODE_USE_ENV_PROXY", "1")];

/// Variables that name the proxy. Some tools read only one spelling, and yarn from version 2 on only its own.
const PROXY_VARIABLES: &[&str] = &[
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "YARN_HTTP_PROXY",
    "YARN_HTTPS_PROXY",
];

/// The authority of this step.
#[derive(Debug)]
pub(super) struct Trust {
    folder: PathBuf,
    bundle: Vec<u8>,
    issuer: Arc<Leaves>,
}

/// Certificates by the name that a client asks for.
pub(super) struct Leaves {
    issuer: Issuer<'static, KeyPair>,
    made: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl std::fmt::Debug for Leaves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Leaves")
    }
}

fn certificate(doing: &'static str) -> impl FnOnce(rcgen::Error) -> Error {
    move |source| Error::Certificate { doing, source }
}

impl Trust {
    /// Makes an authority, and writes its bundle below `folder`.
    pub(super) fn new(folder: &Path) -> Result<Self, Error> {
        let doing = "cannot make the certificate authority of this step";
        let key = KeyPair::generate().map_err(certificate(doing))?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        params
            .distinguished_name
            .push(DnType::CommonName, "rdf-run, this step only");
        let own = params.self_signed(&key).map_err(certificate(doing))?;
        let mut bundle = own_authorities();
        if !bundle.is_empty() && !bundle.ends_with(b"\n") {
            bundle.push(b'\n');
        }
        bundle.extend_from_slice(own.pem().as_bytes());
        let issuer = Issuer::new(params, key);
        let trust = Trust {
            folder: folder.to_owned(),
            bundle,
            issuer: Arc::new(Leaves {
                issuer,
                made: Mutex::default(),
            }),
        };
        fs::create_dir_all(folder).doing(|| format!("cannot make {}", folder.display()))?;
        set_mode(folder, 0o755)?;
        trust.write("authorities.pem", &trust.bundle)?;
        Ok(trust)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        fs::write(&path, content).doing(|| format!("cannot write {}", path.display()))?;
        set_mode(&path, 0o644)?;
        Ok(path)
    }

    /// Who shows the certificates.
    pub(super) fn leaves(&self) -> Arc<Leaves> {
        Arc::clone(&self.issuer)
    }

    /// What the command's environment has more than ours; `home` is that of its user.
    pub(super) fn variables(
        &self,
        address: &SocketAddr,
        mode: Mode,
        home: &Path,
    ) -> Result<Vec<(&'static str, OsString)>, Error> {
        let bundle = self.folder.join("authorities.pem").into_os_string();
        let proxy = OsString::from(format!("http://{address}"));
        let mut variables: Vec<(&'static str, OsString)> = Vec::new();
        variables.extend(
            BUNDLE_VARIABLES
                .iter()
                .map(|(name, _)| (*name, bundle.clone())),
        );
        variables.extend(PROXY_VARIABLES.iter().map(|name| (*name, proxy.clone())));
        variables.extend(
            SWITCHES
                .iter()
                .map(|(name, value)| (*name, (*value).into())),
        );
        variables
            .extend(["no_proxy", "NO_PROXY"].map(|name| (name, "localhost,127.0.0.1,::1".into())));
        // apt reads no variable for its authorities, but one for a file of settings.
        let mut apt = match std::env::var_os("APT_CONFIG") {
            Some(own) => fs::read_to_string(own).unwrap_or_default() + "\n",
            None => String::new(),
        };
        apt.push_str(&format!(
            "Acquire::https::CAInfo \"{}\";\n",
            self.folder.join("authorities.pem").display()
        ));
        if mode == Mode::Replay {
            // A recording outlives the date until which its lists are valid.
            apt.push_str("Acquire::Check-Valid-Until \"false\";\n");
        }
        variables.push((
            "APT_CONFIG",
            self.write("apt.conf", apt.as_bytes())?.into_os_string(),
        ));
        variables.push(("WGETRC", self.wgetrc(home)?));
        let key_store = self.write("authorities.jks", &jvm::key_store(&self.bundle))?;
        let own = std::env::var(jvm::VARIABLE).ok();
        let options = jvm::options(own.as_deref(), address, &key_store);
        variables.push((jvm::VARIABLE, options.into()));
        Ok(variables)
    }

    /// wget reads no variable for its authorities either, but one for its settings, in the place of the user's.
    fn wgetrc(&self, home: &Path) -> Result<OsString, Error> {
        let own = match std::env::var_os("WGETRC") {
            Some(own) => PathBuf::from(own),
            None => home.join(".wgetrc"),
        };
        let mut settings = fs::read_to_string(own).unwrap_or_default();
        let bundle = self.folder.join("authorities.pem");
        settings.push_str(&format!("\nca_certificate = {}\n", bundle.display()));
        let path = self.write("wgetrc", settings.as_bytes())?;
        Ok(path.into_os_string())
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .doing(|| format!("cannot set the permissions of {}", path.display()))
}

/// The authorities that commands of this image trust: those that variables name, then the distribution's. Each file
/// once; empty where the image has none.
fn own_authorities() -> Vec<u8> {
    let named = BUNDLE_VARIABLES
        .iter()
        .filter_map(|(name, _)| std::env::var_os(name));
    let mut files: Vec<PathBuf> = Vec::new();
    for file in named.map(PathBuf::from) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let system = BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|file| file.is_file());
    files.extend(system.filter(|file| !files.contains(file)));
    let mut all = Vec::new();
    for content in files.iter().filter_map(|file| fs::read(file).ok()) {
        if !all.is_empty() && !all.ends_with(b"\n") {
            all.push(b'\n');
        }
        all.extend_from_slice(&content);
    }
    all
}

/// The authorities of the image, for connections to real servers; empty where it has none.
pub(super) fn image_roots() -> Vec<CertificateDer<'static>> {
    let bundle = own_authorities();
    CertificateDer::pem_slice_iter(&bundle)
        .filter_map(Result::ok)
        .collect()
}

impl Leaves {
    fn leaf(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut made = self
            .made
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(leaf) = made.get(name) {
            return Some(Arc::clone(leaf));
        }
        let key = KeyPair::generate().ok()?;
        let mut params = CertificateParams::new([name.to_owned()]).ok()?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(&key, &self.issuer).ok()?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).ok()?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key).ok()?;
        let leaf = Arc::new(CertifiedKey::new(vec![leaf.der().clone()], key));
        made.insert(name.to_owned(), Arc::clone(&leaf));
        Some(leaf)
    }
}

/// Certificates for connections to one host: the name that the client asks for counts, else the host itself, as
/// for an address.
#[derive(Debug)]
pub(super) struct ForHost {
    pub(super) leaves: Arc<Leaves>,
    pub(super) host: String,
}

impl ResolvesServerCert for ForHost {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.leaves.leaf(hello.server_name().unwrap_or(&self.host))
    }
}
