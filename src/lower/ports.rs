//! Port specifications of `EXPOSE`: `[[ip:]host:]container[-range][/proto]`.

use std::net::IpAddr;

use crate::diagnostic::ErrorCode;
use crate::go::{number, quote, text};
use crate::plan::CompileError;

/// The container ports of one word, and what lint wants to know about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PortSpec {
    /// `80/tcp`, one for each port of a range.
    pub ports: Vec<String>,
    /// The protocol is not in lower case.
    pub protocol_casing: bool,
    /// The word maps a host port or an address.
    pub maps_host: bool,
}

/// Why a word is not a port specification. Lint has seen the word when the protocol was understood.
#[derive(Debug)]
pub(crate) struct PortError {
    pub error: CompileError,
    /// Facts for lint, where the check got that far: `protocol_casing`, `maps_host`.
    pub lint: Option<(bool, bool)>,
}

/// Reads one expanded word.
pub(crate) fn parse(word: &str) -> Result<PortSpec, PortError> {
    let (ip, host, rest) = split(word);
    let fail = |text: String| PortError {
        error: invalid(text),
        lint: None,
    };
    let (container, protocol) = rest.split_once('/').unwrap_or((rest, ""));
    if container.is_empty() {
        return Err(fail(format!(
            "invalid port: {}: no port specified",
            quote::quote(word)
        )));
    }
    let lower = text::to_lower(protocol);
    let protocol_lower = match lower.as_ref() {
        "" => "tcp",
        known @ ("tcp" | "udp" | "sctp") => known,
        _ => {
            return Err(fail(format!(
                "invalid port: {}: invalid proto: {protocol}",
                quote::quote(word)
            )));
        }
    };
    let protocol_casing = protocol != lower;
    let maps_host = !ip.is_empty() || !host.is_empty();
    let ports = expand(ip, host, container, protocol_lower).map_err(|error| PortError {
        error,
        lint: Some((protocol_casing, maps_host)),
    })?;
    Ok(PortSpec {
        ports,
        protocol_casing,
        maps_host,
    })
}

#[cold]
fn invalid(message: String) -> CompileError {
    CompileError::new(ErrorCode::InvalidPort, message)
}

fn expand(
    ip: &str,
    host: &str,
    container: &str,
    protocol: &str,
) -> Result<Vec<String>, CompileError> {
    check_ip(ip)?;
    let (start, end) =
        range(container).ok_or_else(|| invalid(format!("invalid containerPort: {container}")))?;
    if !host.is_empty() {
        let (host_start, host_end) =
            range(host).ok_or_else(|| invalid(format!("invalid hostPort: {host}")))?;
        // A range of host ports may serve a single container port, nothing else may differ.
        if end - start != host_end - host_start && end != start {
            return Err(invalid(format!(
                "invalid ranges specified for container and host Ports: {container} and {host}"
            )));
        }
    }
    Ok((start..=end)
        .map(|port| format!("{port}/{protocol}"))
        .collect())
}

/// Address, host port and container port; an IPv6 address may hold colons of its own.
fn split(word: &str) -> (&str, &str, &str) {
    let Some((rest, container)) = word.rsplit_once(':') else {
        return ("", "", word);
    };
    match rest.rsplit_once(':') {
        None => ("", rest, container),
        Some((ip, host)) => (ip, host, container),
    }
}

fn check_ip(ip: &str) -> Result<(), CompileError> {
    if ip.is_empty() {
        return Ok(());
    }
    let bare = if ip.starts_with('[') {
        bracketed(ip)?
    } else {
        ip
    };
    if !bare.is_empty() && !is_ip(bare) {
        return Err(invalid(format!("invalid IP address: {bare}")));
    }
    Ok(())
}

/// The address between `[` and `]`, with the errors of splitting `ip:` into host and port.
fn bracketed(ip: &str) -> Result<&str, CompileError> {
    let address = format!("{ip}:");
    let fail = |why: &str| invalid(format!("invalid IP address {ip}: address {address}: {why}"));
    let Some(close) = ip.find(']') else {
        return Err(fail("missing ']' in address"));
    };
    let (inner, after) = (
        ip.get(1..close).unwrap_or(""),
        ip.get(close + 1..).unwrap_or(""),
    );
    if !after.is_empty() {
        return Err(fail(if after.starts_with(':') {
            "too many colons in address"
        } else {
            "missing port in address"
        }));
    }
    if inner.contains('[') {
        return Err(fail("unexpected '[' in address"));
    }
    Ok(inner)
}

fn is_ip(address: &str) -> bool {
    // A zone has no place in an address here.
    !address.contains('%') && address.parse::<IpAddr>().is_ok()
}

fn range(ports: &str) -> Option<(u32, u32)> {
    match ports.split_once('-') {
        None => port(ports).map(|p| (p, p)),
        Some((start, end)) if start == end => port(start).map(|p| (p, p)),
        Some((start, end)) => {
            let (start, end) = (port(start)?, port(end)?);
            (start <= end).then_some((start, end))
        }
    }
}

fn port(digits: &str) -> Option<u32> {
    let port = number::atoi(digits).ok()?;
    u32::try_from(port).ok().filter(|port| *port <= 65_535)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(word: &str) -> Result<Vec<String>, String> {
        parse(word)
            .map(|spec| spec.ports)
            .map_err(|e| e.error.message().to_owned())
    }

    #[test]
    fn single_ports_and_ranges() {
        assert_eq!(ports("80"), Ok(vec!["80/tcp".into()]));
        assert_eq!(
            ports("8000-8002/UDP"),
            Ok(vec![
                "8000/udp".into(),
                "8001/udp".into(),
                "8002/udp".into()
            ])
        );
        assert_eq!(ports("0"), Ok(vec!["0/tcp".into()]));
        assert_eq!(ports("[::1]:80:90"), Ok(vec!["90/tcp".into()]));
    }

    #[test]
    fn errors_name_the_part() {
        assert_eq!(
            ports("/tcp"),
            Err("invalid port: \"/tcp\": no port specified".into())
        );
        assert_eq!(
            ports("80/foo"),
            Err("invalid port: \"80/foo\": invalid proto: foo".into())
        );
        assert_eq!(ports("70000"), Err("invalid containerPort: 70000".into()));
        assert_eq!(ports("9-8"), Err("invalid containerPort: 9-8".into()));
        assert_eq!(ports("1.2.3:1:2"), Err("invalid IP address: 1.2.3".into()));
    }
}
