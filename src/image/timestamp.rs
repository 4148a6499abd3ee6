//! Points in time as image configs carry them: RFC 3339 with the offset they were written with.
//!
//! Owns reading and printing with Go's leniency and error texts; has no clock.

use std::fmt;

use crate::go::time::{date_of_day, day_of_date, quote};

/// What Go calls the layout of RFC 3339, quoted in error texts.
const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

const SECONDS_PER_DAY: i64 = 86_400;

/// Seconds and nanoseconds since 1970, with the offset of the clock that showed them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second, below 1,000,000,000.
    pub nanos: u32,
    /// East of UTC, in seconds; prints in minutes.
    pub offset: i32,
}

/// Why a time cannot be read: Go's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TimestampError(String);

impl Timestamp {
    /// A time in UTC.
    pub const fn from_unix(seconds: i64) -> Self {
        Timestamp {
            seconds,
            nanos: 0,
            offset: 0,
        }
    }

    /// Nanoseconds since 1970; wraps around where Go's do.
    pub const fn unix_nanos(self) -> i64 {
        self.seconds
            .wrapping_mul(1_000_000_000)
            .wrapping_add(self.nanos as i64)
    }

    /// Reads RFC 3339; `text` is what stands between the quotes of a JSON string.
    ///
    /// # Errors
    /// The first part that does not fit.
    pub fn parse(text: &[u8]) -> Result<Self, TimestampError> {
        let mut parser = Parser { text, rest: text };
        parser.parse().map_err(TimestampError)
    }
}

impl Timestamp {
    /// Whether the year, as the offset shows it, has the four digits that RFC 3339 wants.
    pub(crate) fn has_json_form(self) -> bool {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (year, ..) = date_of_day(local.div_euclid(SECONDS_PER_DAY));
        (0..=9999).contains(&year)
    }
}

/// RFC 3339, fraction without trailing zeros, `Z` for UTC.
///
/// Years outside 0 to 9999 print with more digits or a sign, which RFC 3339 has no form for.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (year, month, day) = date_of_day(local.div_euclid(SECONDS_PER_DAY));
        let second = local.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if self.nanos != 0 {
            let fraction = format!("{:09}", self.nanos);
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        // The sign and the parts come from whole minutes, as in Go.
        let minutes = self.offset / 60;
        match self.offset {
            0 => f.write_str("Z"),
            _ => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(
                    f,
                    "{sign}{:02}:{:02}",
                    minutes.abs() / 60,
                    minutes.abs() % 60
                )
            }
        }
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

struct Parser<'t> {
    text: &'t [u8],
    rest: &'t [u8],
}

impl Parser<'_> {
    fn parse(&mut self) -> Result<Timestamp, String> {
        let year = self.number("2006", 4)?;
        self.punctuation("-")?;
        let month = self.number("01", 2)?;
        self.check((1..=12).contains(&month), "month")?;
        self.punctuation("-")?;
        let day = self.number("02", 2)?;
        self.punctuation("T")?;
        let hour = self.hour()?;
        self.check(hour < 24, "hour")?;
        self.punctuation(":")?;
        let minute = self.number("04", 2)?;
        self.check(minute < 60, "minute")?;
        self.punctuation(":")?;
        let second = self.number("05", 2)?;
        self.check(second < 60, "second")?;
        let nanos = self.fraction();
        let offset = self.zone()?;
        if !self.rest.is_empty() {
            let extra = quote(self.rest);
            return Err(format!(
                "parsing time {}: extra text: {extra}",
                quote(self.text)
            ));
        }
        self.check((1..=days_in_month(year, month)).contains(&day), "day")?;
        let local =
            day_of_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
        Ok(Timestamp {
            seconds: local - i64::from(offset),
            nanos,
            offset,
        })
    }

    fn mismatch(&self, element: &str) -> String {
        format!(
            "parsing time {} as \"{LAYOUT}\": cannot parse {} as \"{element}\"",
            quote(self.text),
            quote(self.rest)
        )
    }

    fn check(&self, fits: bool, part: &str) -> Result<(), String> {
        if fits {
            return Ok(());
        }
        Err(format!(
            "parsing time {}: {part} out of range",
            quote(self.text)
        ))
    }

    fn punctuation(&mut self, mark: &str) -> Result<(), String> {
        self.rest = self
            .rest
            .strip_prefix(mark.as_bytes())
            .ok_or_else(|| self.mismatch(mark))?;
        Ok(())
    }

    /// Exactly `width` digits.
    fn number(&mut self, element: &str, width: usize) -> Result<i64, String> {
        let (digits, rest) = self
            .rest
            .split_at_checked(width)
            .filter(|(digits, _)| digits.iter().all(u8::is_ascii_digit))
            .ok_or_else(|| self.mismatch(element))?;
        self.rest = rest;
        Ok(value(digits))
    }

    /// One or two digits.
    fn hour(&mut self) -> Result<i64, String> {
        let one_digit = matches!(self.rest, [b'0'..=b'9', next, ..] if !next.is_ascii_digit())
            || matches!(self.rest, [b'0'..=b'9']);
        self.number("15", if one_digit { 1 } else { 2 })
    }

    /// A fraction of a second, which may follow though the layout has none.
    fn fraction(&mut self) -> u32 {
        let [b'.' | b',', digits @ ..] = self.rest else {
            return 0;
        };
        let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 {
            return 0;
        }
        let (digits, rest) = digits.split_at(length);
        self.rest = rest;
        let mut nanos = 0;
        for place in 0..9 {
            let digit = digits.get(place).map_or(0, |digit| digit - b'0');
            nanos = nanos * 10 + u32::from(digit);
        }
        nanos
    }

    /// `Z` or `±hh:mm`, in seconds.
    fn zone(&mut self) -> Result<i32, String> {
        if let Some(rest) = self.rest.strip_prefix(b"Z") {
            self.rest = rest;
            return Ok(0);
        }
        let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, rest @ ..] = self.rest else {
            return Err(self.mismatch("Z07:00"));
        };
        if ![h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) {
            return Err(self.mismatch("Z07:00"));
        }
        let (hours, minutes) = (value(&[*h1, *h2]), value(&[*m1, *m2]));
        self.check(hours <= 24, "time zone offset hour")?;
        // Whatever comes to a day or more reads in Go but fails when it is written again.
        self.check(minutes < 60 && hours < 24, "time zone offset minute")?;
        let offset = i32::try_from(hours * 3600 + minutes * 60).unwrap_or_default();
        self.rest = rest;
        Ok(if *sign == b'-' { -offset } else { offset })
    }
}

fn value(digits: &[u8]) -> i64 {
    digits
        .iter()
        .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_keep_their_offset() {
        for (text, printed) in [
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            (
                "2020-01-01T00:00:00.120+02:00",
                "2020-01-01T00:00:00.12+02:00",
            ),
            ("2020-02-29T23:59:59-09:30", "2020-02-29T23:59:59-09:30"),
            ("2020-01-01T1:00:00Z", "2020-01-01T01:00:00Z"),
            ("2020-01-01T01:00:00,5Z", "2020-01-01T01:00:00.5Z"),
            (
                "2020-01-01T01:00:00.1234567891Z",
                "2020-01-01T01:00:00.123456789Z",
            ),
            ("2020-01-01T01:00:00-00:00", "2020-01-01T01:00:00Z"),
            ("0000-01-01T00:00:00+01:00", "0000-01-01T00:00:00+01:00"),
        ] {
            let time = Timestamp::parse(text.as_bytes()).unwrap();
            assert_eq!(time.to_string(), printed, "{text}");
        }
        assert_eq!(
            Timestamp::from_unix(1_700_000_000).to_string(),
            "2023-11-14T22:13:20Z"
        );
    }

    #[test]
    fn wrong_times_are_explained() {
        for (text, error) in [
            (
                "x",
                r#"as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006""#,
            ),
            (
                "20200101",
                r#"as "2006-01-02T15:04:05Z07:00": cannot parse "0101" as "-""#,
            ),
            (
                "2020-01-01",
                r#"as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#,
            ),
            (
                "2020-01-01T01:00:00.Z",
                r#"as "2006-01-02T15:04:05Z07:00": cannot parse ".Z" as "Z07:00""#,
            ),
        ] {
            let error = format!("parsing time \"{text}\" {error}");
            assert_eq!(
                Timestamp::parse(text.as_bytes()),
                Err(TimestampError(error))
            );
        }
        for (text, error) in [
            ("2020-02-30T00:00:00Z", "day out of range"),
            ("2020-13-01T00:00:00Z", "month out of range"),
            ("2020-01-01T24:00:00Z", "hour out of range"),
            (
                "2020-01-01T01:00:00+25:00",
                "time zone offset hour out of range",
            ),
            ("2020-01-01T01:00:00Zx", r#"extra text: "x""#),
        ] {
            let error = format!("parsing time \"{text}\": {error}");
            assert_eq!(
                Timestamp::parse(text.as_bytes()),
                Err(TimestampError(error))
            );
        }
        let TimestampError(error) = Timestamp::parse(b"\\\"\xff").unwrap_err();
        assert!(
            error.starts_with(r#"parsing time "\\\"\xff" as"#),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn printing_then_reading_gives_the_time(
            seconds in -62_000_000_000_i64..250_000_000_000,
            nanos in 0_u32..1_000_000_000,
            minutes in -1439_i32..1440,
        ) {
            let time = Timestamp { seconds, nanos, offset: minutes * 60 };
            prop_assert_eq!(Timestamp::parse(time.to_string().as_bytes()), Ok(time));
        }

        #[test]
        fn no_text_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Timestamp::parse(&text);
        }
    }
}
