//! Names and numbers that `STOPSIGNAL` accepts.

use crate::diagnostic::ErrorCode;
use crate::plan::CompileError;

/// Linux signal names without `SIG`, real-time ones aside.
pub(crate) const NAMES: [&str; 35] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN",
];

/// Checks an expanded signal.
pub(crate) fn check(signal: &str) -> Result<(), CompileError> {
    let valid = match crate::go::number::atoi(signal) {
        Ok(number) => number != 0,
        Err(_) => is_name(signal),
    };
    if valid {
        Ok(())
    } else {
        let message = format!("invalid signal: {signal}");
        Err(CompileError::new(ErrorCode::InvalidSignal, message))
    }
}

fn is_name(signal: &str) -> bool {
    let upper = crate::go::text::to_upper(signal);
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES.contains(&name)
        || name == "RTMAX"
        || name.strip_prefix("RTMIN+").is_some_and(|n| offset(n, 15))
        || name.strip_prefix("RTMAX-").is_some_and(|n| offset(n, 14))
}

/// A number from 1 to `max` without leading zeros.
fn offset(digits: &str, max: u32) -> bool {
    !digits.starts_with(['0', '+']) && digits.parse::<u32>().is_ok_and(|n| n <= max)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_and_numbers() {
        for good in [
            "SIGTERM",
            "term",
            "sigrtmin+15",
            "RTMAX-14",
            "9",
            "-1",
            "SIGRTMIN",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "0",
            "SIGFOO",
            "RTMIN+16",
            "RTMIN+0",
            "RTMAX-15",
            "SIGSIGTERM",
            "RTMIN+01",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
