//! `RUN --device=`

use crate::go::csv;
use crate::go::number::parse_bool;
use crate::syntax::ast::Device;
use crate::syntax::error::ArgumentError;

use super::option;

/// Reads `name[,required]`.
pub(super) fn parse_device(value: &str) -> Result<Device, ArgumentError> {
    let fields = csv::fields(value)
        .map_err(|problem| ArgumentError::new(format!("failed to parse csv devices: {problem}")))?;
    let mut device = Device::default();
    for field in &fields {
        let (key, value) = option::split(field);
        match (&*key, value) {
            ("required", None) => device.required = true,
            ("required", Some(value)) => {
                let required = parse_bool(value);
                device.required = required.map_err(|_| option::invalid_value(&key, value))?;
            }
            ("name", Some(value)) => {
                if !device.name.is_empty() {
                    let name = &device.name;
                    let message = format!("device name already set to {name}");
                    return Err(ArgumentError::new(message));
                }
                device.name = value.to_owned();
            }
            // CDI names hold a `=` themselves
            (_, _) if device.name.is_empty() => device.name = field.to_string(),
            (_, None) => return Err(option::no_value(field)),
            (_, Some(_)) => return Err(option::unknown(&key, field, &["name", "required"])),
        }
    }
    Ok(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_may_be_a_cdi_name() {
        let device = |name: &str, required| Device {
            name: name.into(),
            required,
        };
        assert_eq!(
            parse_device("vendor.com/a=b"),
            Ok(device("vendor.com/a=b", false))
        );
        assert_eq!(parse_device("required,name=x"), Ok(device("x", true)));
        assert_eq!(
            parse_device("a,nam=b").unwrap_err().to_string(),
            "unexpected key 'nam' in 'nam=b' (did you mean name?)"
        );
    }
}
