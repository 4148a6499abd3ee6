//! `time`: durations, and the calendar.

use std::fmt;

/// A duration in nanoseconds; `Display` is Go's: `1h2m0.5s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

const SECOND: u64 = 1_000_000_000;

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let (scale, unit) = match nanoseconds {
            0 => return f.write_str("0s"),
            1..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..SECOND => (1_000_000, "ms"),
            _ => {
                let minutes = nanoseconds / (60 * SECOND);
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                return write_decimal(f, nanoseconds % (60 * SECOND), SECOND, "s");
            }
        };
        write_decimal(f, nanoseconds, scale, unit)
    }
}

/// Writes `value / scale` without zeros at the end of the fraction; `scale` is a power of ten.
fn write_decimal(f: &mut fmt::Formatter<'_>, value: u64, scale: u64, unit: &str) -> fmt::Result {
    write!(f, "{}", value / scale)?;
    let (mut fraction, mut scale) = (value % scale, scale);
    if fraction > 0 {
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            scale /= 10;
        }
        let width = usize::try_from(scale.ilog10()).unwrap_or_default();
        write!(f, ".{fraction:0width$}")?;
    }
    f.write_str(unit)
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// Not written as a duration, or too long.
    #[error("time: invalid duration {}", quote(.0))]
    Invalid(String),
    /// A number without a unit.
    #[error("time: missing unit in duration {}", quote(.0))]
    MissingUnit(String),
    /// A unit that does not exist.
    #[error("time: unknown unit {} in duration {}", quote(unit), quote(text))]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
}

/// How package `time` quotes: simpler than `strconv.Quote`, byte by byte.
pub(crate) fn quote(text: impl AsRef<[u8]>) -> String {
    let mut quoted = String::from("\"");
    for byte in text.as_ref() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
            b' '..=0x7f => quoted.push(char::from(*byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

/// `time.ParseDuration`: `1h30m`, `-1.5s`, `0`.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let (value, after) = term(rest, text)?;
        total = total
            .checked_add(value)
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        return Ok(Duration(0i64.wrapping_sub_unsigned(total)));
    }
    i64::try_from(total).map(Duration).map_err(|_| invalid())
}

/// One number with its unit, in nanoseconds, and what follows.
fn term<'t>(rest: &'t str, text: &str) -> Result<(u64, &'t str), DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (whole, after) = digits(rest);
    let (fraction, after) = match after.strip_prefix('.') {
        Some(after) => digits(after),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let mut value = 0u64;
    for digit in whole.bytes() {
        // Parity: the bound is 1<<63 inclusive, checked before and after each digit.
        value = Some(value)
            .filter(|value| *value <= (1 << 63) / 10)
            .map(|value| value * 10 + u64::from(digit - b'0'))
            .filter(|value| *value <= 1 << 63)
            .ok_or_else(invalid)?;
    }
    let end = after.find(|character: char| character == '.' || character.is_ascii_digit());
    let (unit, after) = after.split_at(end.unwrap_or(after.len()));
    if unit.is_empty() {
        return Err(DurationError::MissingUnit(text.to_owned()));
    }
    let nanoseconds = unit_length(unit).ok_or_else(|| DurationError::UnknownUnit {
        unit: unit.to_owned(),
        text: text.to_owned(),
    })?;
    let value = value
        .checked_mul(nanoseconds)
        .filter(|value| *value <= 1 << 63);
    let value = value
        .ok_or_else(invalid)?
        .checked_add(fraction_of(fraction, nanoseconds))
        .filter(|value| *value <= 1 << 63)
        .ok_or_else(invalid)?;
    Ok((value, after))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// A decimal fraction of a unit, rounded as Go does: in floating point.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut value = 0u64;
    let mut scale = 1f64;
    for digit in digits.bytes() {
        if value > i64::MAX.unsigned_abs() / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the unit, and never negative"
    )]
    let fraction = (value as f64 * (unit as f64 / scale)) as u64;
    fraction
}

fn unit_length(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // U+00B5, the micro sign, and U+03BC, the letter.
        "us" | "\u{B5}s" | "\u{3BC}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        _ => return None,
    })
}

/// Year, month and day of a day counted from 1970, in the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year; 400 of them make
/// an era of 146,097 days.
pub(crate) fn date_of_day(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The day, counted from 1970, of a date: the way back from [`date_of_day`].
pub(crate) fn day_of_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_go_does() {
        for (nanoseconds, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (1_500_000_000, "1.5s"),
            (300_000_000_000, "5m0s"),
            (3_600_000_000_000, "1h0m0s"),
            (-90_000_000_000, "-1m30s"),
            (3_661_001_000_000, "1h1m1.001s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(Duration(nanoseconds).to_string(), text);
        }
    }

    #[test]
    fn durations_parse_as_go_does() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("5m", 300_000_000_000),
            ("1.5h30ms", 5_400_030_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("-9223372036854775808ns", i64::MIN),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration(nanoseconds)), "{text}");
        }
        for (text, error) in [
            ("", "time: invalid duration \"\""),
            ("x", "time: invalid duration \"x\""),
            ("5", "time: missing unit in duration \"5\""),
            (
                "5é",
                "time: unknown unit \"\\xc3\\xa9\" in duration \"5\\xc3\\xa9\"",
            ),
            (
                "9223372036854775808ns",
                "time: invalid duration \"9223372036854775808ns\"",
            ),
            (".s", "time: invalid duration \".s\""),
        ] {
            assert_eq!(parse_duration(text).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn days_are_dates() {
        for (day, date) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (19_782, (2024, 2, 29)),
            (-1, (1969, 12, 31)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date_of_day(day), date);
            assert_eq!(day_of_date(date.0, date.1, date.2), day);
        }
    }
}
