//! Map fields that write what the reference writes: entries sorted by key, and every entry with
//! both key and value, even when they are empty.
//!
//! `prost`'s own map fields drop a default key or value, so their bytes differ; a map field here
//! is a `repeated` [`Entry`], kept sorted by whoever fills it (see [`entries`]).

use prost::bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};

use crate::collect::CollectSmall as _;

/// Field number of an entry's key, in every map.
pub(crate) const KEY: u32 = 1;
/// Field number of an entry's value, in every map.
pub(crate) const VALUE: u32 = 2;

/// One entry of a map with string keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry<V> {
    /// The key; unique in its map.
    pub key: String,
    /// The value.
    pub value: V,
}

impl<V> Entry<V> {
    /// An entry of `key` and `value`.
    pub fn new(key: impl Into<String>, value: V) -> Self {
        Entry {
            key: key.into(),
            value,
        }
    }
}

/// Entries sorted by key, as deterministic bytes need them; of equal keys the last one stays.
pub fn entries<K: Into<String>, V>(items: impl IntoIterator<Item = (K, V)>) -> Vec<Entry<V>> {
    let sorted: std::collections::BTreeMap<String, V> = items
        .into_iter()
        .map(|(k, v)| (k.into(), v))
        .collect_small();
    sorted
        .into_iter()
        .map(|(key, value)| Entry { key, value })
        .collect()
}

/// The map that `entries` are on the wire; of equal keys the last one stays.
pub fn to_map<V>(entries: Vec<Entry<V>>) -> std::collections::BTreeMap<String, V> {
    let entries = entries.into_iter();
    entries
        .map(|entry| (entry.key, entry.value))
        .collect_small()
}

/// A type that can be the value of a map entry (field 2), written even when it is the default.
pub trait MapValue: Default + Send + Sync {
    /// Writes key and value of field 2.
    fn encode_value(&self, buf: &mut impl BufMut);
    /// Length of what [`MapValue::encode_value`] writes.
    fn value_len(&self) -> usize;
    /// Reads one occurrence of field 2.
    ///
    /// # Errors
    /// When the bytes are not of this type.
    fn merge_value(
        &mut self,
        wire_type: WireType,
        buf: &mut impl Buf,
        cx: DecodeContext,
    ) -> Result<(), DecodeError>;
}

macro_rules! scalar_map_value {
    ($type:ty, $codec:ident) => {
        impl MapValue for $type {
            fn encode_value(&self, buf: &mut impl BufMut) {
                encoding::$codec::encode(VALUE, self, buf);
            }
            fn value_len(&self) -> usize {
                encoding::$codec::encoded_len(VALUE, self)
            }
            fn merge_value(
                &mut self,
                wire_type: WireType,
                buf: &mut impl Buf,
                cx: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$codec::merge(wire_type, self, buf, cx)
            }
        }
    };
}
scalar_map_value!(String, string);
scalar_map_value!(bool, bool);
scalar_map_value!(Vec<u8>, bytes);

/// Makes message types usable as map values.
#[macro_export]
#[doc(hidden)]
macro_rules! message_map_value {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::pb::map::MapValue for $type {
            fn encode_value(&self, buf: &mut impl ::prost::bytes::BufMut) {
                ::prost::encoding::message::encode($crate::pb::map::VALUE, self, buf);
            }
            fn value_len(&self) -> usize {
                ::prost::encoding::message::encoded_len($crate::pb::map::VALUE, self)
            }
            fn merge_value(
                &mut self,
                wire_type: ::prost::encoding::WireType,
                buf: &mut impl ::prost::bytes::Buf,
                cx: ::prost::encoding::DecodeContext,
            ) -> ::std::result::Result<(), ::prost::DecodeError> {
                ::prost::encoding::message::merge(wire_type, self, buf, cx)
            }
        }
    )+};
}

impl<V: MapValue> Message for Entry<V> {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        encoding::string::encode(KEY, &self.key, buf);
        self.value.encode_value(buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        cx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            KEY => encoding::string::merge(wire_type, &mut self.key, buf, cx),
            VALUE => self.value.merge_value(wire_type, buf, cx),
            _ => encoding::skip_field(wire_type, tag, buf, cx),
        }
    }

    fn encoded_len(&self) -> usize {
        encoding::string::encoded_len(KEY, &self.key) + self.value.value_len()
    }

    fn clear(&mut self) {
        self.key.clear();
        self.value = V::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_entry_still_writes_key_and_value() {
        let entry: Entry<String> = Entry::default();
        assert_eq!(entry.encode_to_vec(), [0x0a, 0x00, 0x12, 0x00]);
        let flag: Entry<bool> = Entry::new("k", false);
        assert_eq!(flag.encode_to_vec(), [0x0a, 0x01, b'k', 0x10, 0x00]);
    }

    #[test]
    fn entries_are_sorted_by_bytes_and_the_last_of_a_key_wins() {
        let sorted = entries([("b", 1), ("a", 2), ("B", 3), ("b", 4)]);
        let keys: Vec<_> = sorted.iter().map(|e| (e.key.as_str(), e.value)).collect();
        assert_eq!(keys, [("B", 3), ("a", 2), ("b", 4)]);
    }
}
