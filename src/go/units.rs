//! Sizes and limits as `docker/go-units` reads them.

use super::number::{NumberError, parse_float, parse_int};
use super::text::to_lower;

/// Why a text is not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// No digit in it, or a negative number.
    #[error("invalid size: '{0}'")]
    Size(String),
    /// An unknown unit.
    #[error("invalid suffix: '{0}'")]
    Suffix(String),
    /// The part in front of the unit.
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// `RAMInBytes`: `64m`, `1.5 GiB`; units are powers of 1024 and have no case.
pub fn ram_in_bytes(text: &str) -> Result<i64, SizeError> {
    let is_numeric = |character: char| matches!(character, '0'..='9' | '.' | ' ');
    let separator = text
        .rfind(is_numeric)
        .ok_or_else(|| SizeError::Size(text.to_owned()))?;
    let (number, suffix) = text.split_at(separator + 1);
    // One blank may stand between number and unit.
    let number = number.strip_suffix(' ').unwrap_or(number);
    let size = parse_float(number)?;
    if size < 0.0 {
        return Err(SizeError::Size(text.to_owned()));
    }
    if suffix.len() > 3 {
        return Err(SizeError::Suffix(suffix.to_owned()));
    }
    let lower = to_lower(suffix);
    let factor = factor(&lower).ok_or_else(|| SizeError::Suffix(lower.into_owned()))?;
    Ok(truncate(size * factor))
}

fn factor(suffix: &str) -> Option<f64> {
    let (unit, rest) = match suffix {
        "" | "b" => return Some(1.0),
        _ => suffix.split_at_checked(1)?,
    };
    let power = match unit {
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    matches!(rest, "" | "b" | "ib").then(|| 1024f64.powi(power))
}

/// Go's conversion to a 64-bit integer on the common processors: what does not fit is the least
/// integer.
fn truncate(size: f64) -> i64 {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&size) {
        #[expect(clippy::cast_possible_truncation, reason = "it is in range")]
        let whole = size.trunc() as i64;
        whole
    } else {
        i64::MIN
    }
}

/// A resource limit; -1 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ulimit {
    /// `nofile` and its like.
    pub name: String,
    /// The soft limit.
    pub soft: i64,
    /// The hard limit.
    pub hard: i64,
}

/// Why a text is not a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UlimitError {
    /// No `=`.
    #[error("invalid ulimit argument: {0}")]
    Argument(String),
    /// An unknown name.
    #[error("invalid ulimit type: {0}")]
    Type(String),
    /// A limit that is not a number.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// Three limits.
    #[error("too many limit value arguments - {0}, can only have up to two, `soft[:hard]`")]
    TooMany(String),
    /// No soft limit under a hard one.
    #[error(
        "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {0}"
    )]
    UnlimitedSoft(i64),
    /// The soft limit is above the hard one.
    #[error("ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")]
    Order {
        /// The soft limit.
        soft: i64,
        /// The hard limit.
        hard: i64,
    },
}

const ULIMIT_NAMES: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// `ParseUlimit`: `nofile=1024:2048`; one number is both limits.
pub fn parse_ulimit(text: &str) -> Result<Ulimit, UlimitError> {
    let (name, limits) = text
        .split_once('=')
        .ok_or_else(|| UlimitError::Argument(text.to_owned()))?;
    if !ULIMIT_NAMES.contains(&name) {
        return Err(UlimitError::Type(name.to_owned()));
    }
    let (soft, hard) = match limits.split_once(':') {
        Some((_, hard)) if hard.contains(':') => {
            return Err(UlimitError::TooMany(limits.to_owned()));
        }
        // Parity: of two bad limits the hard one is reported.
        Some((soft, hard)) => {
            let hard = parse_int(hard, 10, 64)?;
            (parse_int(soft, 10, 64)?, hard)
        }
        None => {
            let limit = parse_int(limits, 10, 64)?;
            (limit, limit)
        }
    };
    match hard {
        -1 => {}
        _ if soft == -1 => return Err(UlimitError::UnlimitedSoft(hard)),
        _ if soft > hard => return Err(UlimitError::Order { soft, hard }),
        _ => {}
    }
    Ok(Ulimit {
        name: name.to_owned(),
        soft,
        hard,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        for (text, size) in [
            ("1", 1),
            ("1.5k", 1536),
            ("2 MiB", 2 << 20),
            ("3Gb", 3 << 30),
            ("7b", 7),
            ("5 ", 5),
        ] {
            assert_eq!(ram_in_bytes(text), Ok(size), "{text}");
        }
        assert_eq!(ram_in_bytes("10000000000000t"), Ok(i64::MIN));
    }

    #[test]
    fn sizes_have_errors() {
        for (text, error) in [
            ("", "invalid size: ''"),
            ("-1m", "invalid size: '-1m'"),
            ("1Xb", "invalid suffix: 'xb'"),
            ("1MEGA", "invalid suffix: 'MEGA'"),
            ("1bb", "invalid suffix: 'bb'"),
            ("x1", "strconv.ParseFloat: parsing \"x1\": invalid syntax"),
            (" ", "strconv.ParseFloat: parsing \"\": invalid syntax"),
        ] {
            assert_eq!(ram_in_bytes(text).unwrap_err().to_string(), error, "{text}");
        }
    }

    #[test]
    fn limits_are_soft_and_hard() {
        let ulimit = parse_ulimit("nofile=1:2").unwrap();
        assert_eq!((ulimit.soft, ulimit.hard), (1, 2));
        assert_eq!(parse_ulimit("cpu=3").unwrap().hard, 3);
        for (text, error) in [
            ("cpu", "invalid ulimit argument: cpu"),
            ("x=1", "invalid ulimit type: x"),
            (
                "cpu=2:1",
                "ulimit soft limit must be less than or equal to hard limit: 2 > 1",
            ),
            (
                "cpu=1:2:3",
                "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`",
            ),
        ] {
            assert_eq!(parse_ulimit(text).unwrap_err().to_string(), error);
        }
    }
}
