//! `net/url`: URLs as the reference reads and prints them.
//!
//! Texts that were escaped are kept decoded; printing escapes them again, the path and the
//! fragment as they were written if that is possible. Those two keep escaped bytes that are not
//! UTF-8, in users and hosts such a byte is U+FFFD.

mod escape;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv6Addr;

use self::escape::{EscapePosition, escape, unescape, valid_encoded};
use super::quote::quote;
use super::text::to_lower;
use super::utf8::to_valid;

/// A URL. The defaults are those of an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// Lower case; empty if there is none.
    pub scheme: String,
    /// What follows the scheme when that is not a slash: `x@y` of `mailto:x@y`.
    pub opaque: String,
    /// User and password.
    pub user: Option<UserInfo>,
    /// `host` or `host:port`, decoded.
    pub host: String,
    path: Encoded,
    /// After the question mark, as written.
    pub raw_query: String,
    /// A question mark with nothing after it.
    pub force_query: bool,
    fragment: Encoded,
    /// A slash follows the scheme at once: no `//` is printed for the empty host.
    omit_host: bool,
}

/// A user, maybe with a password, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// The name; may be empty.
    pub username: String,
    /// The password; `Some("")` after a colon with nothing behind it.
    pub password: Option<String>,
}

/// A decoded text and, if escaping it gives another one, how it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Encoded {
    decoded: Vec<u8>,
    written: Option<String>,
}

impl Encoded {
    fn new(text: &str, place: EscapePosition) -> Result<Self, Fault> {
        let decoded = unescape(text, place)?;
        let written = (escape(&decoded, place) != text).then(|| text.to_owned());
        Ok(Encoded { decoded, written })
    }

    fn text(&self) -> Cow<'_, str> {
        to_valid(&self.decoded)
    }

    fn escaped(&self, place: EscapePosition) -> String {
        match &self.written {
            Some(written) if valid_encoded(written, place) => written.clone(),
            _ => escape(&self.decoded, place),
        }
    }
}

/// Why a text is not a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parse {}: {fault}", quote(url))]
pub struct UrlError {
    url: String,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("net/url: invalid control character in URL")]
    Control,
    #[error("missing protocol scheme")]
    NoScheme,
    #[error("first path segment in URL cannot contain colon")]
    Colon,
    #[error("net/url: invalid userinfo")]
    UserInfo,
    #[error("invalid IP-literal")]
    IpLiteral,
    #[error("missing ']' in host")]
    NoBracket,
    #[error("invalid port {} after host", quote(.0))]
    Port(String),
    #[error("invalid host: ParseAddr({}): unable to parse IP", quote(.0))]
    Address(String),
    #[error("invalid URL escape {}", quote(.0))]
    Escape(Vec<u8>),
    #[error("invalid character {} in host name", quote(.0))]
    Host(String),
}

impl Url {
    /// `url.Parse`.
    pub fn parse(text: &str) -> Result<Url, UrlError> {
        let (main, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = parse_main(main).map_err(|fault| UrlError {
            url: main.to_owned(),
            fault,
        })?;
        url.fragment =
            Encoded::new(fragment, EscapePosition::Fragment).map_err(|fault| UrlError {
                url: text.to_owned(),
                fault,
            })?;
        Ok(url)
    }

    /// The decoded path; bytes that are not UTF-8 are U+FFFD.
    pub fn path(&self) -> Cow<'_, str> {
        self.path.text()
    }

    /// The decoded fragment; bytes that are not UTF-8 are U+FFFD.
    pub fn fragment(&self) -> Cow<'_, str> {
        self.fragment.text()
    }

    /// Takes the query and the fragment away.
    ///
    /// Parity: a lone question mark at the end stays, as does an escaped form of an empty text.
    pub fn without_query_and_fragment(&self) -> Url {
        Url {
            raw_query: String::new(),
            fragment: Encoded::default(),
            ..self.clone()
        }
    }

    /// `Query`: values by key; pairs that cannot be decoded are left out.
    pub fn query(&self) -> BTreeMap<String, Vec<String>> {
        parse_query(&self.raw_query)
    }
}

/// `url.ParseQuery`, without its error.
pub fn parse_query(query: &str) -> BTreeMap<String, Vec<String>> {
    /// Go takes no more; it returns nothing then.
    const MAX_PAIRS: usize = 10_000;
    let mut values = BTreeMap::new();
    if query.split('&').count() > MAX_PAIRS {
        return values;
    }
    for pair in query.split('&') {
        if pair.is_empty() || pair.contains(';') {
            continue;
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let (Ok(key), Ok(value)) = (
            unescape(key, EscapePosition::Query),
            unescape(value, EscapePosition::Query),
        ) {
            let key = to_valid(&key).into_owned();
            let values: &mut Vec<String> = values.entry(key).or_default();
            values.push(to_valid(&value).into_owned());
        }
    }
    values
}

/// Everything in front of the fragment.
fn parse_main(text: &str) -> Result<Url, Fault> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7F) {
        return Err(Fault::Control);
    }
    let mut url = Url::default();
    if text == "*" {
        url.path.decoded = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = split_scheme(text)?;
    url.scheme = to_lower(scheme).into_owned();
    match rest.split_once('?') {
        Some((before, "")) => {
            url.force_query = true;
            rest = before;
        }
        Some((before, query)) => {
            url.raw_query = query.to_owned();
            rest = before;
        }
        None => {}
    }
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Ok(url);
        }
        if rest
            .split('/')
            .next()
            .is_some_and(|segment| segment.contains(':'))
        {
            return Err(Fault::Colon);
        }
    }
    let has_authority = !url.scheme.is_empty() || !rest.starts_with("///");
    if let Some(authority) = rest.strip_prefix("//").filter(|_| has_authority) {
        let end = authority.find('/').unwrap_or(authority.len());
        let (authority, path) = authority.split_at(end);
        (url.user, url.host) = parse_authority(&url.scheme, authority)?;
        rest = path;
    } else {
        url.omit_host = !url.scheme.is_empty() && rest.starts_with('/');
    }
    url.path = Encoded::new(rest, EscapePosition::Path)?;
    Ok(url)
}

/// `scheme` and what follows its colon; an empty scheme if the text has none.
fn split_scheme(text: &str) -> Result<(&str, &str), Fault> {
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let end = text.bytes().position(|byte| !is_scheme(byte));
    match end.and_then(|end| text.split_at_checked(end)) {
        Some(("", rest)) if rest.starts_with(':') => Err(Fault::NoScheme),
        Some((scheme, rest)) if scheme.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            Ok(rest
                .strip_prefix(':')
                .map_or(("", text), |rest| (scheme, rest)))
        }
        _ => Ok(("", text)),
    }
}

fn parse_authority(scheme: &str, authority: &str) -> Result<(Option<UserInfo>, String), Fault> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, host)?;
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(is_allowed) {
        return Err(Fault::UserInfo);
    }
    let decode =
        |text| unescape(text, EscapePosition::User).map(|bytes| to_valid(&bytes).into_owned());
    let (username, password) = match user.split_once(':') {
        Some((username, password)) => (username, Some(password)),
        None => (user, None),
    };
    let user = UserInfo {
        username: decode(username)?,
        password: password.map(decode).transpose()?,
    };
    Ok((Some(user), host))
}

fn parse_host(scheme: &str, host: &str) -> Result<String, Fault> {
    match host.rfind('[') {
        Some(0) => return parse_bracketed(host),
        Some(_) => return Err(Fault::IpLiteral),
        None => {}
    }
    // Parity: only http and https insist that the first colon begins the port.
    let colon = match scheme {
        "http" | "https" => host.find(':'),
        _ => host.rfind(':'),
    };
    check_port(
        colon
            .and_then(|colon| host.get(colon..))
            .unwrap_or_default(),
    )?;
    Ok(to_valid(&unescape(host, EscapePosition::Host)?).into_owned())
}

/// `[::1%25zone]:80`
fn parse_bracketed(host: &str) -> Result<String, Fault> {
    let (name, port) = host.rsplit_once(']').ok_or(Fault::NoBracket)?;
    check_port(port)?;
    let name = name.strip_prefix('[').unwrap_or(name);
    let (address, zone) = name.split_at(name.find("%25").unwrap_or(name.len()));
    let mut decoded = unescape(address, EscapePosition::Host)?;
    let is_address = to_valid(&decoded).parse::<Ipv6Addr>().is_ok();
    decoded.extend(unescape(zone, EscapePosition::Zone)?);
    let decoded = to_valid(&decoded).into_owned();
    if !is_address {
        return Err(Fault::Address(decoded));
    }
    Ok(format!("[{decoded}]{port}"))
}

/// Nothing, or a colon and digits, of which there may be none.
fn check_port(port: &str) -> Result<(), Fault> {
    let digits = port.strip_prefix(':').unwrap_or(port);
    let valid = port.is_empty()
        || (port.starts_with(':') && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if valid {
        Ok(())
    } else {
        Err(Fault::Port(port.to_owned()))
    }
}

impl fmt::Display for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(self.username.as_bytes(), EscapePosition::User))?;
        match &self.password {
            Some(password) => write!(f, ":{}", escape(password.as_bytes(), EscapePosition::User)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(f)?;
        } else {
            f.write_str(&self.opaque)?;
        }
        if self.force_query || !self.raw_query.is_empty() {
            write!(f, "?{}", self.raw_query)?;
        }
        if !self.fragment.decoded.is_empty() {
            write!(f, "#{}", self.fragment.escaped(EscapePosition::Fragment))?;
        }
        Ok(())
    }
}

impl Url {
    /// Host and path.
    fn write_hierarchy(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let no_authority = self.host.is_empty() && self.user.is_none();
        let slashes = if no_authority {
            !self.scheme.is_empty() && !self.omit_host && !self.path.decoded.is_empty()
        } else {
            true
        };
        if slashes {
            f.write_str("//")?;
        }
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&escape(self.host.as_bytes(), EscapePosition::Host))?;
        let path = match self.path.decoded.as_slice() {
            b"*" => "*".to_owned(),
            _ => self.path.escaped(EscapePosition::Path),
        };
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            f.write_str("/")?;
        }
        let first = path.split('/').next().unwrap_or_default();
        if self.scheme.is_empty() && no_authority && first.contains(':') {
            // So that it is not read as a scheme.
            f.write_str("./")?;
        }
        f.write_str(&path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_decoded() {
        let url = Url::parse("HTTPS://us%20er:p%40@host:80/a%2fb%20c?x=1#f:g").unwrap();
        assert_eq!(url.scheme, "https");
        assert_eq!(url.user.as_ref().unwrap().username, "us er");
        assert_eq!(url.user.as_ref().unwrap().password.as_deref(), Some("p@"));
        assert_eq!(url.path(), "/a/b c");
        assert_eq!((&*url.raw_query, &*url.fragment()), ("x=1", "f:g"));
        assert_eq!(
            url.to_string(),
            "https://us%20er:p%40@host:80/a%2fb%20c?x=1#f:g"
        );
        assert_eq!(
            url.without_query_and_fragment().to_string(),
            "https://us%20er:p%40@host:80/a%2fb%20c"
        );
    }

    #[test]
    fn query_values_are_collected() {
        let values = parse_query("a=1&b=%20+x&a=2&c;d=1&%zz=1&&e");
        assert_eq!(values["a"], ["1", "2"]);
        assert_eq!(values["b"], ["  x"]);
        assert_eq!(values["e"], [""]);
        assert_eq!(values.len(), 3);
    }

    #[test]
    fn errors_are_worded_as_in_go() {
        for (text, error) in [
            (
                "http://a:b/",
                r#"parse "http://a:b/": invalid port ":b" after host"#,
            ),
            (
                "http://a:1:2/",
                r#"parse "http://a:1:2/": invalid port ":1:2" after host"#,
            ),
            (
                "http://a/%zz",
                r#"parse "http://a/%zz": invalid URL escape "%zz""#,
            ),
            (
                "http://a b/",
                r#"parse "http://a b/": invalid character " " in host name"#,
            ),
            (
                "http://a\n/",
                r#"parse "http://a\n/": net/url: invalid control character in URL"#,
            ),
            (":x", r#"parse ":x": missing protocol scheme"#),
            (
                "1a:b",
                r#"parse "1a:b": first path segment in URL cannot contain colon"#,
            ),
            ("http://[::1", r#"parse "http://[::1": missing ']' in host"#),
            (
                "http://a{@b/",
                r#"parse "http://a{@b/": net/url: invalid userinfo"#,
            ),
            (
                "http://a/#%z",
                r##"parse "http://a/#%z": invalid URL escape "%z""##,
            ),
        ] {
            assert_eq!(Url::parse(text).unwrap_err().to_string(), error);
        }
    }
}
