//! Values of `--chmod`: octal numbers and symbolic modes.

use crate::diagnostic::ErrorCode;
use crate::plan::CompileError;

/// A permission change of `COPY` and `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chmod {
    /// Octal digits, at most `07777`.
    Octal(u32),
    /// A symbolic mode such as `u+x,go=`; applied by the daemon.
    Symbolic(String),
}

/// Reads the expanded value of `--chmod`.
pub(crate) fn parse(value: &str) -> Result<Chmod, CompileError> {
    let not_octal = || {
        CompileError::new(
            ErrorCode::InvalidChmod,
            format!(
                "invalid chmod parameter: '{value}'. it should be octal string and between 0 and 07777"
            ),
        )
    };
    if let Some(mode) = octal(value) {
        return if mode > 0o7777 {
            Err(not_octal())
        } else {
            Ok(Chmod::Octal(mode))
        };
    }
    // What starts as a number was meant as one.
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(not_octal());
    }
    if is_symbolic(value) {
        Ok(Chmod::Symbolic(value.to_owned()))
    } else {
        Err(CompileError::new(ErrorCode::InvalidChmod, "invalid syntax"))
    }
}

/// The value of a word of octal digits, if it fits 32 bits.
fn octal(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| u32::from_str_radix(value, 8).ok()).flatten()
}

/// `clause(,clause)*`, a clause being `[augo]*` and then one or more of `[+-=][rstwXxugo]*`.
fn is_symbolic(value: &str) -> bool {
    value.split(',').all(|clause| {
        let actions = clause.trim_start_matches(['a', 'u', 'g', 'o']);
        actions.starts_with(['+', '-', '='])
            && actions.chars().all(|c| {
                matches!(
                    c,
                    '+' | '-' | '=' | 'r' | 's' | 't' | 'w' | 'X' | 'x' | 'u' | 'g' | 'o'
                )
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_numbers_are_bounded() {
        assert_eq!(parse("0755").ok(), Some(Chmod::Octal(0o755)));
        assert_eq!(parse("7777").ok(), Some(Chmod::Octal(0o7777)));
        for bad in ["17777", "8", "0x1", "99999999999"] {
            assert!(
                parse(bad).is_err_and(|e| e.message().contains("0 and 07777")),
                "{bad}"
            );
        }
    }

    #[test]
    fn symbolic_modes_are_checked() {
        for good in ["u+x", "a=rX,go-w", "+t", "u=g", "g+s-x"] {
            assert_eq!(
                parse(good).ok(),
                Some(Chmod::Symbolic(good.into())),
                "{good}"
            );
        }
        for bad in ["u", "u+x,", ",", "rwx", "u+7", "+7", "u x"] {
            assert!(
                parse(bad).is_err_and(|e| e.message() == "invalid syntax"),
                "{bad}"
            );
        }
    }
}
