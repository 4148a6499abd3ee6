//! `fsutil.types.Stat`: what is known of one file.

use std::collections::BTreeMap;

/// Metadata of a file.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Stat {
    /// Path; in a directory listing the bare name.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Mode as Go's `os.FileMode` has it: permissions below, type bits above
    /// (bit 31 is a directory, bit 27 a symbolic link).
    #[prost(uint32, tag = "2")]
    pub mode: u32,
    /// Owner.
    #[prost(uint32, tag = "3")]
    pub uid: u32,
    /// Group.
    #[prost(uint32, tag = "4")]
    pub gid: u32,
    /// Size in bytes.
    #[prost(int64, tag = "5")]
    pub size: i64,
    /// Time of the last change, nanoseconds since 1970.
    #[prost(int64, tag = "6")]
    pub mod_time: i64,
    /// Target of a symbolic link.
    #[prost(string, tag = "7")]
    pub linkname: String,
    /// Major number of a device.
    #[prost(int64, tag = "8")]
    pub devmajor: i64,
    /// Minor number of a device.
    #[prost(int64, tag = "9")]
    pub devminor: i64,
    /// Extended attributes.
    #[prost(btree_map = "string, bytes", tag = "10")]
    pub xattrs: BTreeMap<String, Vec<u8>>,
}
