//! Packages by the addresses that they are fetched from: the layouts of registries, not the names of their hosts, so
//! that mirrors do as well.

use std::fmt;

/// A registry's kind of package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PackageKind {
    /// Alpine.
    Apk,
    /// Debian and its derivatives.
    Apt,
    /// crates.io.
    Cargo,
    /// RubyGems.
    Gem,
    /// A release or an archive of a repository on GitHub.
    GitHub,
    /// Go modules.
    Go,
    /// Maven repositories.
    Maven,
    /// npm, yarn, pnpm.
    Npm,
    /// NuGet.
    NuGet,
    /// PyPI.
    Pip,
    /// Fedora, openSUSE and their relatives.
    Rpm,
}

impl PackageKind {
    /// The tool that people know it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            PackageKind::Apk => "apk",
            PackageKind::Apt => "apt",
            PackageKind::Cargo => "cargo",
            PackageKind::Gem => "gem",
            PackageKind::GitHub => "github",
            PackageKind::Go => "go",
            PackageKind::Maven => "maven",
            PackageKind::Npm => "npm",
            PackageKind::NuGet => "nuget",
            PackageKind::Pip => "pip",
            PackageKind::Rpm => "rpm",
        }
    }

    /// The type of a package URL.
    const fn purl(self) -> &'static str {
        match self {
            PackageKind::Apt => "deb",
            PackageKind::Go => "golang",
            PackageKind::Pip => "pypi",
            other => other.as_str(),
        }
    }
}

/// A version of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Where it is from.
    pub kind: PackageKind,
    /// Its name, the name space included: `@types/node`, `github.com/google/uuid`, `org.slf4j/slf4j-api`.
    pub name: String,
    /// Its version, as the registry has it.
    pub version: String,
    /// Vendor in a package URL where the name has none: `debian`.
    vendor: Option<String>,
    /// What else tells it apart in a package URL: `arch`, `amd64`.
    qualifier: Option<(&'static str, String)>,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_str();
        write!(f, "{} {} ({kind})", self.name, self.version)
    }
}

/// Distributions whose names stand in the paths of their mirrors.
const VENDORS: [&str; 12] = [
    "almalinux",
    "alpine",
    "amazonlinux",
    "centos",
    "debian",
    "fedora",
    "kali",
    "opensuse",
    "oracle",
    "raspbian",
    "rocky",
    "ubuntu",
];

impl Package {
    /// The package behind an address; `None` for lists of packages and other files.
    pub fn of_url(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let rest = rest.split(['?', '#']).next()?;
        let (host, path) = rest.split_once('/')?;
        let segments: Vec<String> = path.split('/').map(decoded).collect();
        let file = segments.last()?.as_str();
        let address = Address {
            host,
            segments: &segments,
            file,
        };
        let found = address.package()?;
        (!found.name.is_empty() && !found.version.is_empty()).then_some(found)
    }

    /// Its package URL, as SBOMs have it.
    pub fn purl(&self) -> String {
        let mut purl = format!("pkg:{}/", self.kind.purl());
        if let Some(vendor) = &self.vendor {
            purl.push_str(&format!("{}/", encoded(vendor)));
        }
        let name: Vec<String> = self.name.split('/').map(encoded).collect();
        purl.push_str(&format!("{}@{}", name.join("/"), encoded(&self.version)));
        if let Some((key, value)) = &self.qualifier {
            purl.push_str(&format!("?{key}={}", encoded(value)));
        }
        purl
    }

    fn new(kind: PackageKind, name: impl Into<String>, version: impl Into<String>) -> Self {
        Package {
            kind,
            name: name.into(),
            version: version.into(),
            vendor: None,
            qualifier: None,
        }
    }
}

/// An address, taken apart and decoded.
struct Address<'a> {
    host: &'a str,
    segments: &'a [String],
    file: &'a str,
}

impl Address<'_> {
    fn package(&self) -> Option<Package> {
        self.apt()
            .or_else(|| self.apk())
            .or_else(|| self.rpm())
            .or_else(|| self.wheel())
            .or_else(|| self.python_source())
            .or_else(|| self.npm())
            .or_else(|| self.cargo())
            .or_else(|| self.go())
            .or_else(|| self.gem())
            .or_else(|| self.maven())
            .or_else(|| self.other())
    }

    /// `name_version_arch.deb`
    fn apt(&self) -> Option<Package> {
        let stem = self
            .file
            .strip_suffix(".deb")
            .or(self.file.strip_suffix(".udeb"))?;
        let mut parts = stem.split('_');
        let (name, version, arch) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        // Names of files have no colon; the address of apt has it encoded twice.
        Some(Package {
            vendor: self.vendor(),
            qualifier: Some(("arch", arch.to_owned())),
            ..Package::new(PackageKind::Apt, name, decoded(version))
        })
    }

    /// `name-version-r1.apk` below the architecture
    fn apk(&self) -> Option<Package> {
        let stem = self.file.strip_suffix(".apk")?;
        let (front, release) = stem.rsplit_once("-r")?;
        let (name, version) = front.rsplit_once('-')?;
        let is_version = starts_with_digit(version) && starts_with_digit(release);
        let arch = self.before(1).map(|arch| ("arch", arch.to_owned()));
        is_version.then(|| Package {
            vendor: Some("alpine".to_owned()),
            qualifier: arch,
            ..Package::new(PackageKind::Apk, name, format!("{version}-r{release}"))
        })
    }

    /// `name-version-release.arch.rpm`
    fn rpm(&self) -> Option<Package> {
        let (stem, arch) = self.file.strip_suffix(".rpm")?.rsplit_once('.')?;
        let (front, release) = stem.rsplit_once('-')?;
        let (name, version) = front.rsplit_once('-')?;
        Some(Package {
            vendor: self.vendor(),
            qualifier: Some(("arch", arch.to_owned())),
            ..Package::new(PackageKind::Rpm, name, format!("{version}-{release}"))
        })
    }

    /// `name-version-python-abi-platform.whl`
    fn wheel(&self) -> Option<Package> {
        let mut parts = self.file.strip_suffix(".whl")?.split('-');
        let (name, version) = (parts.next()?, parts.next()?);
        (parts.count() >= 3).then(|| Package::new(PackageKind::Pip, python_name(name), version))
    }

    /// `packages/ab/cd/…/name-version.tar.gz`, or below `packages/source`
    fn python_source(&self) -> Option<Package> {
        let suffixes = [".tar.gz", ".zip", ".tar.bz2"];
        let stem = suffixes
            .iter()
            .find_map(|end| self.file.strip_suffix(end))?;
        let hashes = |level: &[String]| match level {
            [packages, a, b, rest, _] => {
                let is_hash = [a, b, rest].iter().all(|part| is_hex(part));
                packages == "packages" && is_hash && (a.len(), b.len(), rest.len()) == (2, 2, 60)
            }
            _ => false,
        };
        let source = |level: &[String]| {
            level.first().is_some_and(|it| it == "packages")
                && level.get(1).is_some_and(|it| it == "source")
        };
        let place = self.segments.windows(5).last()?;
        (hashes(place) || source(place)).then_some(())?;
        let (name, version) = stem.rsplit_once('-')?;
        Some(Package::new(PackageKind::Pip, python_name(name), version))
    }

    /// `name/-/name-version.tgz`, the name with its scope
    fn npm(&self) -> Option<Package> {
        let stem = self.file.strip_suffix(".tgz")?;
        self.before(1).filter(|dash| *dash == "-")?;
        let name = self.before(2)?;
        let version = stem.strip_prefix(name.rsplit('/').next()?)?;
        let version = version.strip_prefix('-')?;
        let scope = self.before(3).filter(|scope| scope.starts_with('@'));
        let whole = match scope {
            Some(scope) => format!("{scope}/{name}"),
            None => name.to_owned(),
        };
        Some(Package::new(PackageKind::Npm, whole, version))
    }

    /// `name/name-version.crate`, or `crates/name/version/download`
    fn cargo(&self) -> Option<Package> {
        let new = |name, version| Some(Package::new(PackageKind::Cargo, name, version));
        if let Some(stem) = self.file.strip_suffix(".crate") {
            let name = self.before(1)?;
            let version = stem.strip_prefix(name)?.strip_prefix('-')?;
            return new(name, version);
        }
        self.before(3).filter(|crates| *crates == "crates")?;
        match self.file {
            "download" => new(self.before(2)?, self.before(1)?),
            _ => None,
        }
    }

    /// `module/@v/version.zip`, capitals as `!` and the small letter
    fn go(&self) -> Option<Package> {
        let version = self.file.strip_suffix(".zip")?;
        let (module, rest) = self
            .segments
            .split_at_checked(self.segments.len().checked_sub(2)?)?;
        rest.first().filter(|it| *it == "@v")?;
        // A proxy may lie below a path; a module begins with the name of a host.
        let start = module
            .iter()
            .position(|segment| segment.contains('.'))
            .unwrap_or(0);
        let name = module.get(start..)?.join("/");
        Some(Package::new(
            PackageKind::Go,
            unescaped(&name),
            unescaped(version),
        ))
    }

    /// `gems/name-version[-platform].gem`
    fn gem(&self) -> Option<Package> {
        let stem = self.file.strip_suffix(".gem")?;
        let mut places = stem.match_indices('-').map(|(place, _)| place);
        let place = places.find(|place| {
            let rest = stem.get(place + 1..).unwrap_or_default();
            let version = rest.split('-').next().unwrap_or_default();
            starts_with_digit(version) && version.contains('.')
        })?;
        let (name, rest) = (stem.get(..place)?, stem.get(place + 1..)?);
        let (version, platform) = match rest.split_once('-') {
            Some((version, platform)) => (version, Some(("platform", platform.to_owned()))),
            None => (rest, None),
        };
        Some(Package {
            qualifier: platform,
            ..Package::new(PackageKind::Gem, name, version)
        })
    }

    /// `maven2/group/…/artifact/version/artifact-version.jar`
    fn maven(&self) -> Option<Package> {
        let (stem, _) = self
            .file
            .rsplit_once('.')
            .filter(|(_, end)| ["jar", "aar", "war", "zip"].contains(end))?;
        let (version, artifact) = (self.before(1)?, self.before(2)?);
        let rest = stem.strip_prefix(artifact)?.strip_prefix('-')?;
        rest.strip_prefix(version)?;
        let end = self.segments.len().checked_sub(3)?;
        let path = self.segments.get(..end)?;
        let roots = [
            "maven",
            "maven2",
            "m2",
            "releases",
            "snapshots",
            "maven-public",
        ];
        let root = path.iter().rposition(|it| roots.contains(&it.as_str()));
        let group = path.get(root.map_or(0, |root| root + 1)..)?;
        if group.is_empty() || root.is_none() {
            return None;
        }
        let name = format!("{}/{artifact}", group.join("."));
        Some(Package::new(PackageKind::Maven, name, version))
    }

    /// Packages of NuGet; releases and archives of GitHub.
    fn other(&self) -> Option<Package> {
        let (first, second) = (self.segments.first()?, self.segments.get(1)?);
        let rest: Vec<&str> = self.segments.iter().skip(2).map(String::as_str).collect();
        if let Some(stem) = self.file.strip_suffix(".nupkg") {
            let (version, name) = (self.before(1)?, self.before(2)?);
            let whole = format!("{name}.{version}");
            return (stem == whole).then(|| Package::new(PackageKind::NuGet, name, version));
        }
        if self.host != "github.com" && self.host != "codeload.github.com" {
            return None;
        }
        let version = match rest.as_slice() {
            ["releases", "download", tag, _] => *tag,
            ["archive", "refs", "tags", tag @ ..] => plain_archive(tag.last()?),
            ["archive", commit] | ["tar.gz" | "zip", commit] => plain_archive(commit),
            ["tar.gz" | "zip", "refs", "tags", tag] => *tag,
            _ => return None,
        };
        let name = format!("{first}/{second}").to_ascii_lowercase();
        Some(Package::new(PackageKind::GitHub, name, version))
    }

    /// The segment so many before the last.
    fn before(&self, count: usize) -> Option<&str> {
        let place = self.segments.len().checked_sub(count + 1)?;
        self.segments.get(place).map(String::as_str)
    }

    /// The distribution that the path names: `debian` of `debian-security`.
    fn vendor(&self) -> Option<String> {
        let words = self.segments.iter().flat_map(|segment| segment.split('-'));
        let words = words.chain(self.host.split('.'));
        let mut known = words.filter_map(|word| VENDORS.iter().find(|vendor| word == **vendor));
        known.next().map(|vendor| (*vendor).to_owned())
    }
}

fn plain_archive(name: &str) -> &str {
    let ends = [".tar.gz", ".zip"];
    ends.iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name)
}

fn starts_with_digit(text: &str) -> bool {
    text.bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name as PyPI compares it: small, and runs of `-`, `_` and `.` are one dash.
fn python_name(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Go's way to write capitals.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_capital = false;
    for letter in text.chars() {
        match letter {
            '!' => is_capital = true,
            letter if is_capital => {
                out.push(letter.to_ascii_uppercase());
                is_capital = false;
            }
            letter => out.push(letter),
        }
    }
    out
}

/// A segment of a path without percent signs; as it is where that is not UTF-8.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let number = match (first, tail) {
            (b'%', [a, b, ..]) => std::str::from_utf8(&[*a, *b])
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            _ => None,
        };
        bytes.push(number.unwrap_or(*first));
        rest = match number {
            Some(_) => tail.get(2..).unwrap_or_default(),
            None => tail,
        };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A part of a package URL.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_packages_tell_name_and_version() {
        let cases = [
            (
                "http://deb.debian.org/debian/pool/main/c/curl/curl_7.88.1-10%2bdeb12u14_amd64.deb",
                "curl 7.88.1-10+deb12u14 (apt)",
                "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u14?arch=amd64",
            ),
            (
                "http://security.debian.org/debian-security/pool/updates/main/g/git/git_1%253a2.39_all.deb",
                "git 1:2.39 (apt)",
                "pkg:deb/debian/git@1:2.39?arch=all",
            ),
            (
                "https://mirror.test/repo/own_1.0_amd64.deb",
                "own 1.0 (apt)",
                "pkg:deb/own@1.0?arch=amd64",
            ),
            (
                "https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/gcc-libs-13.2.1_git20240309-r1.apk",
                "gcc-libs 13.2.1_git20240309-r1 (apk)",
                "pkg:apk/alpine/gcc-libs@13.2.1_git20240309-r1?arch=x86_64",
            ),
            (
                "https://mirror.test/fedora/linux/releases/41/Packages/b/bash-completion-2.11-16.fc41.noarch.rpm",
                "bash-completion 2.11-16.fc41 (rpm)",
                "pkg:rpm/fedora/bash-completion@2.11-16.fc41?arch=noarch",
            ),
            (
                "https://files.pythonhosted.org/packages/d9/5a/e7c3/Flask_SQLAlchemy-3.1.1-py3-none-any.whl",
                "flask-sqlalchemy 3.1.1 (pip)",
                "pkg:pypi/flask-sqlalchemy@3.1.1",
            ),
            (
                "https://files.pythonhosted.org/packages/71/39/171f1c67cd00715f190ba0b100d606d440a28c93c7714febeca8b79af85e/six-1.16.0.tar.gz",
                "six 1.16.0 (pip)",
                "pkg:pypi/six@1.16.0",
            ),
            (
                "https://registry.npmjs.org/@types/node/-/node-20.1.0.tgz",
                "@types/node 20.1.0 (npm)",
                "pkg:npm/%40types/node@20.1.0",
            ),
            (
                "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
                "left-pad 1.3.0 (npm)",
                "pkg:npm/left-pad@1.3.0",
            ),
            (
                "https://registry.yarnpkg.com/@babel%2fcore/-/core-7.0.0.tgz",
                "@babel/core 7.0.0 (npm)",
                "pkg:npm/%40babel/core@7.0.0",
            ),
            (
                "https://static.crates.io/crates/serde/serde-1.0.200.crate",
                "serde 1.0.200 (cargo)",
                "pkg:cargo/serde@1.0.200",
            ),
            (
                "https://static.crates.io/crates/serde/1.0.200/download",
                "serde 1.0.200 (cargo)",
                "pkg:cargo/serde@1.0.200",
            ),
            (
                "https://proxy.golang.org/github.com/!burnt!sushi/toml/@v/v1.3.2.zip",
                "github.com/BurntSushi/toml v1.3.2 (go)",
                "pkg:golang/github.com/BurntSushi/toml@v1.3.2",
            ),
            (
                "https://rubygems.org/gems/nokogiri-1.16.0-x86_64-linux.gem",
                "nokogiri 1.16.0 (gem)",
                "pkg:gem/nokogiri@1.16.0?platform=x86_64-linux",
            ),
            (
                "https://repo.maven.apache.org/maven2/org/slf4j/slf4j-api/2.0.9/slf4j-api-2.0.9.jar",
                "org.slf4j/slf4j-api 2.0.9 (maven)",
                "pkg:maven/org.slf4j/slf4j-api@2.0.9",
            ),
            (
                "https://api.nuget.org/v3-flatcontainer/newtonsoft.json/13.0.3/newtonsoft.json.13.0.3.nupkg",
                "newtonsoft.json 13.0.3 (nuget)",
                "pkg:nuget/newtonsoft.json@13.0.3",
            ),
            (
                "https://github.com/Jqlang/jq/releases/download/jq-1.7/jq-linux-amd64",
                "jqlang/jq jq-1.7 (github)",
                "pkg:github/jqlang/jq@jq-1.7",
            ),
            (
                "https://github.com/a/b/archive/refs/tags/v1.tar.gz",
                "a/b v1 (github)",
                "pkg:github/a/b@v1",
            ),
        ];
        for (url, shown, purl) in cases {
            let package = Package::of_url(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(
                (package.to_string(), package.purl()),
                (shown.to_owned(), purl.to_owned())
            );
        }
    }

    #[test]
    fn lists_and_other_files_are_no_packages() {
        for url in [
            "http://deb.debian.org/debian/dists/bookworm/InRelease",
            "https://pypi.org/simple/six/",
            "https://files.pythonhosted.org/packages/d9/5a/e7/six-1.16.0-py2.py3-none-any.whl.metadata",
            "https://registry.npmjs.org/left-pad",
            "https://index.crates.io/se/rd/serde",
            "https://proxy.golang.org/github.com/google/uuid/@v/v1.6.0.mod",
            "https://example.com/words.tar.gz",
            "https://example.com/a/b-c/d.zip",
            "https://example.com",
            "https://example.com/_.deb",
            "https://example.com/x%ff%.gem",
            "ftp:/x",
            "",
        ] {
            assert_eq!(Package::of_url(url), None, "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_address_is_read(url in "\\PC{0,20}://\\PC{0,40}(\\.deb|\\.whl|\\.gem|/@v/x\\.zip|\\.jar|)") {
            if let Some(package) = Package::of_url(&url) {
                proptest::prop_assert!(package.purl().starts_with("pkg:"));
            }
        }
    }
}
