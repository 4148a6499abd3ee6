//! Messages whose field numbers have names, for those who write fields without making a message first.

/// Defines messages, and `field` with a type for each: `field::Input::digest` is the number of that field.
///
/// A field is `[number: prost's words for its kind] name: type`.
macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        $name:ident {
            $(
                $(#[doc = $doc:literal])*
                [$number:tt: $($kind:tt)+] $field:ident: $type:ty,
            )*
            $(oneof $one:ident: $of:ty = $path:tt $numbers:tt,)?
        }
    )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, PartialEq, ::prost::Message)]
            pub struct $name {
                $(
                    $(#[doc = $doc])*
                    #[prost($($kind)+, tag = $number)]
                    pub $field: $type,
                )*
                $(
                    /// What it is.
                    #[prost(oneof = $path, tags = $numbers)]
                    pub $one: Option<$of>,
                )?
            }
        )*

        /// Field numbers, by message and field.
        #[allow(non_upper_case_globals, dead_code, reason = "named as the fields are; not all are written by hand")]
        pub(crate) mod field {
            $(
                pub(crate) struct $name;
                impl $name {
                    $(pub(crate) const $field: u32 = $number;)*
                }
            )*
            #[cfg(test)]
            pub(crate) const ALL: &[(&str, &str, u32)] =
                &[$($((stringify!($name), stringify!($field), $number),)*)*];
        }
    };
}

/// Defines the alternatives of a message, and `Field` with their numbers.
macro_rules! oneof {
    (
        $(#[$meta:meta])*
        $name:ident {
            $(
                $(#[doc = $doc:literal])*
                [$number:tt: $kind:ident] $field:ident($type:ty),
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, ::prost::Oneof)]
        pub enum $name {
            $(
                $(#[doc = $doc])*
                #[prost($kind, tag = $number)]
                $field($type),
            )*
        }

        pub(crate) struct Field;
        #[allow(non_upper_case_globals, reason = "named as the alternatives are")]
        impl Field {
            $(pub(crate) const $field: u32 = $number;)*
            #[cfg(test)]
            pub(crate) const ALL: &[(&str, u32)] = &[$((stringify!($field), $number),)*];
        }
    };
}

pub(crate) use {messages, oneof};
