//! The syntax of single option values: host lists, limits, sizes, modes.
//!
//! Owns what a value may be and what is said about one that may not. Texts are those of the reference;
//! the caller adds which option it was, where the reference does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::go::csv;
use crate::go::number::{NumberError, atoi, parse_int, parse_uint};
use crate::go::quote::quote;
use crate::go::text::{to_lower, trim_space};
use crate::go::units::parse_ulimit;
use crate::image::Platform;
use crate::llb::{LinuxResources, NetMode, ResolveMode, Ulimit};

/// Largest number of a CPU or memory node.
const MAX_CPU: i64 = 8192;

/// Reads `platform`: specifiers separated by commas. `host` fills in what a specifier leaves out.
pub(super) fn platforms(list: &str, host: &Platform) -> Result<Vec<Platform>, String> {
    let parse = |specifier: &str| match Platform::parse(specifier, host) {
        Ok(platform) => Ok(platform.normalized()),
        Err(error) => Err(format!(
            "failed to parse target platform {specifier}: {error}"
        )),
    };
    list.split(',').map(parse).collect()
}

/// Reads `image-resolve-mode`.
pub(super) fn resolve_mode(mode: &str) -> Result<ResolveMode, String> {
    match mode {
        "" | "default" => Ok(ResolveMode::Default),
        "pull" => Ok(ResolveMode::ForcePull),
        "local" => Ok(ResolveMode::PreferLocal),
        _ => Err(format!("invalid image-resolve-mode: {mode}")),
    }
}

/// Reads `add-hosts`: `host=address`, comma-separated values. Hosts are lower case; addresses are
/// given in their canonical form.
pub(super) fn extra_hosts(list: &str) -> Result<Vec<(String, String)>, String> {
    let parse = |field: String| {
        let lower = to_lower(&field);
        let (host, address) = lower
            .split_once('=')
            .ok_or_else(|| format!("invalid key-value pair {field}"))?;
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("failed to parse IP {address}"))?;
        Ok((host.to_owned(), address.to_canonical().to_string()))
    };
    fields(list)?.into_iter().map(parse).collect()
}

/// Reads `shm-size`: bytes; 0 if nothing is given.
pub(super) fn shm_size(size: &str) -> Result<i64, String> {
    if size.is_empty() {
        return Ok(0);
    }
    parse_int(size, 10, 64).map_err(|error| error.to_string())
}

/// Reads `ulimit`: `name=soft:hard`, comma-separated values.
pub(super) fn ulimits(list: &str) -> Result<Vec<Ulimit>, String> {
    let parse = |field: String| match parse_ulimit(&field) {
        Ok(limit) => Ok(Ulimit {
            name: limit.name,
            soft: limit.soft,
            hard: limit.hard,
        }),
        Err(error) => Err(error.to_string()),
    };
    fields(list)?.into_iter().map(parse).collect()
}

/// Reads `force-network-mode`.
pub(super) fn net_mode(mode: &str) -> Result<NetMode, String> {
    match mode {
        "" | "sandbox" => Ok(NetMode::Unset),
        "none" => Ok(NetMode::None),
        "host" => Ok(NetMode::Host),
        _ => Err(format!("invalid netmode {mode}")),
    }
}

/// Reads the limits of every `RUN`; `None` if there is none.
pub(super) fn linux_resources(
    opts: &BTreeMap<String, String>,
) -> Result<Option<LinuxResources>, String> {
    let option = |key: &'static str| ResourceOption {
        key,
        value: opts.get(key).map_or("", String::as_str),
    };
    let resources = LinuxResources {
        memory: option("memory").int(|n| n > 0, "must be > 0")?,
        memory_swap: option("memswap")
            .int(|n| n == -1 || n > 0, "must be -1 (unlimited) or > 0")?,
        cpu_shares: option("cpushares").uint()?,
        cpu_period: option("cpuperiod").uint()?,
        cpu_quota: option("cpuquota").int(|n| n > 0, "must be > 0")?,
        cpuset_cpus: option("cpusetcpus").cpuset()?,
        cpuset_mems: option("cpusetmems").cpuset()?,
    };
    Ok((resources != LinuxResources::default()).then_some(resources))
}

/// The option of one limit; an empty value is no limit.
struct ResourceOption<'o> {
    key: &'static str,
    value: &'o str,
}

impl ResourceOption<'_> {
    fn invalid(&self, reason: &str) -> String {
        format!("invalid {} value: {}: {reason}", self.key, self.value)
    }

    fn number<N>(
        &self,
        read: impl Fn(&str) -> Result<N, NumberError>,
    ) -> Result<Option<N>, String> {
        if self.value.is_empty() {
            return Ok(None);
        }
        read(self.value)
            .map(Some)
            .map_err(|error| self.invalid(&error.to_string()))
    }

    fn int(&self, is_legal: impl Fn(i64) -> bool, rule: &str) -> Result<i64, String> {
        match self.number(|text| parse_int(text, 10, 64))? {
            None => Ok(0),
            Some(number) if is_legal(number) => Ok(number),
            Some(_) => Err(self.invalid(rule)),
        }
    }

    fn uint(&self) -> Result<u64, String> {
        match self.number(|text| parse_uint(text, 10, 64))? {
            None => Ok(0),
            Some(0) => Err(self.invalid("must be > 0")),
            Some(number) => Ok(number),
        }
    }

    /// A set such as `0-3,8`, checked but passed on as written.
    fn cpuset(&self) -> Result<String, String> {
        for part in self.value.split(',') {
            check_cpus(trim_space(part)).map_err(|reason| self.invalid(&reason))?;
        }
        Ok(self.value.to_owned())
    }
}

/// Checks a number or a range; nothing at all is fine too.
fn check_cpus(part: &str) -> Result<(), String> {
    let shown = quote(part);
    let (what, first, last) = match part.split_once('-') {
        _ if part.is_empty() => return Ok(()),
        Some((first, last)) => ("range", trim_space(first), trim_space(last)),
        None => ("element", part, part),
    };
    match (atoi(first), atoi(last)) {
        (Ok(first), Ok(last)) if first < 0 || last < first => {
            Err(format!("invalid cpuset {what} {shown}"))
        }
        (Ok(_), Ok(last)) if last > MAX_CPU => {
            Err(format!("cpuset {what} {shown} exceeds maximum {MAX_CPU}"))
        }
        (Ok(_), Ok(_)) => Ok(()),
        _ => Err(format!("invalid cpuset {what} {shown}")),
    }
}

/// Comma-separated values; none if there is no text.
fn fields(list: &str) -> Result<Vec<String>, String> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let fields = csv::fields(list).map_err(|error| error.to_string())?;
    Ok(fields.into_iter().map(Cow::into_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error<T: std::fmt::Debug>(result: Result<T, String>) -> String {
        result.unwrap_err()
    }

    #[test]
    fn platforms_are_normalised() {
        let host = Platform::new("linux", "amd64");
        let parsed = platforms("linux/arm64/v8,arm,windows", &host).unwrap();
        let shown: Vec<String> = parsed.iter().map(Platform::format).collect();
        assert_eq!(shown, ["linux/arm64", "linux/arm/v7", "windows/amd64"]);
        assert_eq!(
            error(platforms("linux,foo", &host)),
            "failed to parse target platform foo: \"foo\": unknown operating system or architecture: invalid argument"
        );
    }

    #[test]
    fn hosts_have_canonical_addresses() {
        let hosts =
            extra_hosts("A.test=1.2.3.4,\"b=0:0::1\",c=::FFFF:1.2.3.4,=2001:DB8:0:0:1::").unwrap();
        let hosts: Vec<(&str, &str)> = hosts
            .iter()
            .map(|(h, a)| (h.as_str(), a.as_str()))
            .collect();
        assert_eq!(
            hosts,
            [
                ("a.test", "1.2.3.4"),
                ("b", "::1"),
                ("c", "1.2.3.4"),
                ("", "2001:db8:0:0:1::")
            ]
        );
        assert_eq!(extra_hosts(""), Ok(Vec::new()));
        assert_eq!(error(extra_hosts("A")), "invalid key-value pair A");
        assert_eq!(
            error(extra_hosts("A=Host-Gateway")),
            "failed to parse IP host-gateway"
        );
        assert_eq!(
            error(extra_hosts("a=01.2.3.4")),
            "failed to parse IP 01.2.3.4"
        );
        assert_eq!(
            error(extra_hosts("a=fe80::1%eth0")),
            "failed to parse IP fe80::1%eth0"
        );
        assert_eq!(
            error(extra_hosts("a=\"b")),
            "parse error on line 1, column 3: bare \" in non-quoted-field"
        );
    }

    #[test]
    fn limits_and_sizes() {
        let limits = ulimits("nofile=1:2,core=-1").unwrap();
        assert_eq!(limits.len(), 2);
        assert_eq!((limits[0].soft, limits[0].hard, limits[1].soft), (1, 2, -1));
        assert_eq!(error(ulimits("x=1")), "invalid ulimit type: x");
        assert_eq!(shm_size(""), Ok(0));
        assert_eq!(shm_size("+64"), Ok(64));
        assert_eq!(
            error(shm_size("64m")),
            "strconv.ParseInt: parsing \"64m\": invalid syntax"
        );
    }

    #[test]
    fn modes_have_names() {
        assert_eq!(net_mode(""), Ok(NetMode::Unset));
        assert_eq!(net_mode("host"), Ok(NetMode::Host));
        assert_eq!(error(net_mode("Host")), "invalid netmode Host");
        assert_eq!(error(resolve_mode("x")), "invalid image-resolve-mode: x");
    }

    #[test]
    fn resources_are_validated() {
        let read = |pairs: &[(&str, &str)]| {
            let opts = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            linux_resources(&opts.collect())
        };
        assert_eq!(read(&[("memory", ""), ("other", "1")]), Ok(None));
        let resources = read(&[
            ("memswap", "-1"),
            ("cpusetcpus", " 0-3, ,8192"),
            ("cpushares", "2"),
        ]);
        let resources = resources.unwrap().unwrap();
        assert_eq!((resources.memory_swap, resources.cpu_shares), (-1, 2));
        assert_eq!(resources.cpuset_cpus, " 0-3, ,8192");
        for (key, value, reason) in [
            ("memory", "0", "must be > 0"),
            (
                "memory",
                "1g",
                "strconv.ParseInt: parsing \"1g\": invalid syntax",
            ),
            ("memswap", "-2", "must be -1 (unlimited) or > 0"),
            ("cpushares", "0", "must be > 0"),
            (
                "cpuperiod",
                "-1",
                "strconv.ParseUint: parsing \"-1\": invalid syntax",
            ),
            ("cpuquota", "-1", "must be > 0"),
            ("cpusetcpus", "a", "invalid cpuset element \"a\""),
            ("cpusetcpus", "3-1", "invalid cpuset range \"3-1\""),
            ("cpusetmems", "-1", "invalid cpuset range \"-1\""),
            (
                "cpusetmems",
                "8193",
                "cpuset element \"8193\" exceeds maximum 8192",
            ),
            (
                "cpusetmems",
                "0-8193",
                "cpuset range \"0-8193\" exceeds maximum 8192",
            ),
        ] {
            assert_eq!(
                read(&[(key, value)]),
                Err(format!("invalid {key} value: {value}: {reason}"))
            );
        }
    }
}
