//! How programs on a JVM are told: they read no variable for proxy and authorities but one with settings of the virtual
//! machine, and their authorities are a key store.

use std::net::SocketAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The variable that every JVM reads.
pub(super) const VARIABLE: &str = "JAVA_TOOL_OPTIONS";

/// Settings by which HTTP clients that ignore those of the JVM take them: the resolver of Maven, older and newer.
const SWITCHES: &[&str] = &[
    "aether.connector.http.useSystemProperties=true",
    "aether.transport.http.useSystemProperties=true",
];

/// How a key store of Java's own format (JKS) begins, which every release reads; the version behind it; and the tag of an
/// entry that is a trusted certificate.
const MAGIC: u32 = 0xFEED_FEED;
const VERSION: u32 = 2;
const TRUSTED: u32 = 2;

/// The kind of all certificates in it.
const KIND: &str = "X.509";

/// A key store of the authorities in a bundle of PEM. It has no digest at its end, since that is only looked at with a
/// password.
pub(super) fn key_store(bundle: &[u8]) -> Vec<u8> {
    let certificates = CertificateDer::pem_slice_iter(bundle).filter_map(Result::ok);
    let mut count: u32 = 0;
    let mut entries = Vec::new();
    for certificate in certificates {
        let Ok(length) = u32::try_from(certificate.len()) else {
            continue;
        };
        entries.extend(TRUSTED.to_be_bytes());
        text(&mut entries, &count.to_string());
        entries.extend(0u64.to_be_bytes()); // when it was added
        text(&mut entries, KIND);
        entries.extend(length.to_be_bytes());
        entries.extend_from_slice(&certificate);
        count += 1;
    }
    let mut store = [MAGIC, VERSION, count].map(u32::to_be_bytes).concat();
    store.append(&mut entries);
    store
}

/// A short text, which has its length before it.
fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// The settings behind those that the step has of its own, `own`.
pub(super) fn options(own: Option<&str>, proxy: &SocketAddr, key_store: &Path) -> String {
    let mut options: Vec<String> = own.map(str::to_owned).into_iter().collect();
    for scheme in ["http", "https"] {
        options.push(format!("-D{scheme}.proxyHost={}", proxy.ip()));
        options.push(format!("-D{scheme}.proxyPort={}", proxy.port()));
    }
    options.push(format!(
        "-Djavax.net.ssl.trustStore={}",
        key_store.display()
    ));
    options.push("-Djavax.net.ssl.trustStoreType=jks".to_owned());
    options.extend(SWITCHES.iter().map(|switch| format!("-D{switch}")));
    options.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_store_holds_every_authority_of_the_bundle() {
        let pem = include_bytes!("../../testdata/tls/cert.pem");
        let certificate = CertificateDer::from_pem_slice(pem).unwrap();
        let store = key_store(&[pem.as_slice(), b"# a remark\n", pem].concat());
        let head = [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 2];
        assert_eq!(store[..12], head);
        let entry = |alias: u8| {
            let mut entry = vec![0, 0, 0, 2, 0, 1, alias];
            entry.extend([0; 8]);
            entry.extend(b"\0\x05X.509");
            entry.extend(u32::try_from(certificate.len()).unwrap().to_be_bytes());
            entry.extend_from_slice(&certificate);
            entry
        };
        assert_eq!(store[12..], [entry(b'0'), entry(b'1')].concat());
    }

    #[test]
    fn settings_of_the_step_stay() {
        let proxy = SocketAddr::from(([127, 0, 0, 1], 3129));
        let store = Path::new("/dev/shm/x.jks");
        let options = options(Some("-Xmx64m"), &proxy, store);
        assert!(
            options
                .starts_with("-Xmx64m -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3129 -Dhttps.")
        );
        assert!(options.contains(" -Djavax.net.ssl.trustStore=/dev/shm/x.jks "));
    }
}
