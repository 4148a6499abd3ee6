//! Choosing among platforms: which images a machine can run, and which of them it prefers.
//!
//! Owns the compatibility rules (older arm versions, 386 on amd64, windows builds); needed where
//! an image index is read, not for compiling.

use super::platform::Platform;
use crate::limits::MAX_VARIANT_VERSION;

/// Windows builds from which containers of older builds run.
const WINDOWS_LTSC: [u16; 2] = [20348, 26100];

/// Accepts platforms and orders them, best first.
#[derive(Clone, Debug)]
pub struct PlatformMatcher {
    /// Accepted platforms, normalised, best first.
    accepted: Vec<Platform>,
}

impl PlatformMatcher {
    /// Everything that runs on `platform`: itself, then older versions of its instruction set.
    pub fn only(platform: &Platform) -> Self {
        Self::ordered(compatible(&platform.normalized()))
    }

    fn ordered(platforms: Vec<Platform>) -> Self {
        PlatformMatcher {
            accepted: platforms.iter().map(Platform::normalized).collect(),
        }
    }

    /// `candidate` is acceptable.
    pub fn matches(&self, candidate: &Platform) -> bool {
        self.accepted.iter().any(|p| accepts(p, candidate))
    }

    /// `a` is strictly preferred to `b`.
    pub fn less(&self, a: &Platform, b: &Platform) -> bool {
        for accepted in &self.accepted {
            match (accepts(accepted, a), accepts(accepted, b)) {
                (true, false) => return true,
                // Both fit: the one that makes use of more features.
                (true, true) => return a.os_features.len() > b.os_features.len(),
                (false, true) => return false,
                (false, false) => {}
            }
        }
        if a.os_features.is_empty() && b.os_features.is_empty() {
            return false;
        }
        let without = |p: &Platform| Platform {
            os_features: Vec::new(),
            ..p.clone()
        };
        self.less(&without(a), &without(b))
    }
}

/// `candidate` is `accepted`, needing no feature that it lacks.
fn accepts(accepted: &Platform, candidate: &Platform) -> bool {
    let mut normal = candidate.normalized();
    if accepted.os == "windows" {
        if !windows_version_fits(&accepted.os_version, &candidate.os_version) {
            return false;
        }
        // This feature was not part of matching once, so it never excludes an image.
        normal.os_features.retain(|f| f != "win32k");
    }
    accepted.os == normal.os
        && accepted.architecture == normal.architecture
        && accepted.variant == normal.variant
        && normal
            .os_features
            .iter()
            .all(|f| accepted.os_features.contains(f))
}

/// The platforms whose images run on `platform` (normalised), best first.
fn compatible(platform: &Platform) -> Vec<Platform> {
    let with = |architecture: &str, variant: String| Platform {
        architecture: architecture.to_owned(),
        variant,
        ..platform.clone()
    };
    let older = |architecture: &str, variant: &str, oldest: u32| {
        let newest = variant.trim_start_matches('v').parse().unwrap_or(0);
        let versions = (oldest..u32::min(newest, MAX_VARIANT_VERSION)).rev();
        versions
            .map(|version| with(architecture, format!("v{version}")))
            .collect::<Vec<_>>()
    };
    match platform.architecture.as_str() {
        "amd64" => {
            let mut all = vec![platform.clone()];
            all.extend(older("amd64", &platform.variant, 1));
            all.push(with("386", String::new()));
            all
        }
        "arm" => {
            let mut all = vec![platform.clone()];
            all.extend(older("arm", &platform.variant, 5));
            all
        }
        "arm64" => {
            let variant = match platform.variant.as_str() {
                "" => "v8",
                variant => variant,
            };
            let mut all: Vec<Platform> = arm64_versions(variant)
                .into_iter()
                .map(|version| with("arm64", version))
                .collect();
            // 32-bit images run as well; what is newer than v8 has the same 32-bit side.
            if !all.is_empty() {
                all.push(with("arm", "v8".to_owned()));
                all.extend(older("arm", "v8", 5));
            }
            all
        }
        _ => vec![platform.clone()],
    }
}

/// Version `v8.x` or `v9.x` and what it includes, newest first; v9.x includes v8.(x+5).
fn arm64_versions(variant: &str) -> Vec<String> {
    let text = variant.strip_prefix('v').unwrap_or_default();
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let Ok(minor) = minor.parse::<u32>() else {
        return Vec::new();
    };
    let lines: &[(u32, u32)] = match (major, minor) {
        ("8", 0..=9) => &[(8, minor)],
        ("9", 0..=7) => &[(9, minor), (8, u32::min(minor + 5, 9))],
        _ => &[],
    };
    let names = |(major, newest): &(u32, u32)| {
        let major = *major;
        (0..=*newest).rev().map(move |minor| match minor {
            0 => format!("v{major}"),
            minor => format!("v{major}.{minor}"),
        })
    };
    lines.iter().flat_map(names).collect()
}

/// An image for windows build `image` runs on a host of build `host`; unknown builds always fit.
fn windows_version_fits(host: &str, image: &str) -> bool {
    let host = windows_version(host);
    if host == (0, 0, 0) || image.is_empty() {
        return true;
    }
    let image = windows_version(image);
    if (host.0, host.1) != (image.0, image.1) {
        return false;
    }
    let [oldest, ..] = WINDOWS_LTSC;
    if host.2 < oldest {
        return host.2 == image.2;
    }
    // The long-term release before the host's own is the oldest that still runs.
    let supported = WINDOWS_LTSC
        .iter()
        .rev()
        .find(|release| host.2 > **release)
        .unwrap_or(&oldest);
    (*supported..=host.2).contains(&image.2)
}

/// Major, minor and build number of a windows version; zeros if it is not one.
fn windows_version(text: &str) -> (u8, u8, u16) {
    let mut parts = text.split('.');
    let mut next = || {
        parts
            .next()
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    let (Some(major), Some(minor), Some(build)) = (next(), next(), next()) else {
        return (0, 0, 0);
    };
    match (major.parse(), minor.parse(), build.parse()) {
        (Ok(major), Ok(minor), Ok(build)) => (major, minor, build),
        _ => (0, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(specifier: &str) -> Platform {
        Platform::parse(specifier, &Platform::new("linux", "amd64")).unwrap()
    }

    fn runs(host: &str, image: &str) -> bool {
        PlatformMatcher::only(&platform(host)).matches(&platform(image))
    }

    #[test]
    fn older_versions_run_on_newer_machines() {
        assert!(runs("linux/amd64", "linux/386"));
        assert!(runs("linux/amd64/v3", "linux/amd64"));
        assert!(!runs("linux/amd64", "linux/amd64/v2"));
        assert!(runs("linux/arm/v7", "linux/arm/v5"));
        assert!(!runs("linux/arm/v6", "linux/arm/v7"));
        assert!(runs("linux/arm64", "linux/arm/v8"));
        assert!(runs("linux/arm64", "linux/arm64/v8"));
        assert!(runs("linux/arm64/v9.1", "linux/arm64/v8.6"));
        assert!(!runs("linux/arm64/v9.1", "linux/arm64/v8.7"));
        assert!(!runs("linux/arm64/v10", "linux/arm64"));
        assert!(!runs("linux/riscv64", "linux/amd64"));
    }

    #[test]
    fn the_closest_platform_is_preferred() {
        let matcher = PlatformMatcher::only(&platform("linux/arm/v7"));
        let (v6, v7, other) = ("linux/arm/v6", "linux/arm/v7", "linux/amd64");
        assert!(matcher.less(&platform(v7), &platform(v6)));
        assert!(!matcher.less(&platform(v6), &platform(v7)));
        assert!(matcher.less(&platform(v6), &platform(other)));
        assert!(!matcher.less(&platform(other), &platform(other)));
        let matcher = PlatformMatcher::only(&platform("linux(+a)/amd64"));
        assert!(matcher.less(&platform("linux(+a)/amd64"), &platform("linux/amd64")));
        assert!(!matcher.matches(&platform("linux(+b)/amd64")));
    }

    #[test]
    fn windows_builds_are_compared() {
        let fits = |host: &str, image: &str| {
            runs(
                &format!("windows(10.0.{host})/amd64"),
                &format!("windows(10.0.{image})/amd64"),
            )
        };
        assert!(fits("17763", "17763"));
        assert!(fits("17763.1", "17763.99"));
        assert!(!fits("17763", "20348"));
        assert!(fits("26100", "20348"));
        assert!(!fits("20348", "17763"));
        assert!(!fits("26101", "20348"));
        assert!(runs("windows/amd64", "windows(10.0.1)/amd64"));
        assert!(runs("windows/amd64", "windows(+win32k)/amd64"));
    }
}
