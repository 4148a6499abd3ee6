//! Files of refs: what of one is read, and what is known of it.

use std::collections::BTreeMap;

use crate::pb::fsutil;
use crate::pb::gateway as pb;

/// A part of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileRange {
    /// First byte.
    pub offset: i64,
    /// Number of bytes; 0 for all that follow.
    pub length: i64,
}

/// Metadata of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stat {
    /// Path; in a directory listing the bare name.
    pub path: String,
    /// Mode as Go's `os.FileMode` has it: permissions below, type bits above
    /// (bit 31 is a directory, bit 27 a symbolic link).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    pub size: i64,
    /// Time of the last change, nanoseconds since 1970.
    pub mod_time: i64,
    /// Target of a symbolic link.
    pub linkname: String,
    /// Major number of a device.
    pub devmajor: i64,
    /// Minor number of a device.
    pub devminor: i64,
    /// Extended attributes.
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

impl Stat {
    /// Go's `os.ModeDir`.
    pub(crate) const MODE_DIR: u32 = 1 << 31;
    /// Go's `os.ModeSymlink`.
    pub(crate) const MODE_SYMLINK: u32 = 1 << 27;
    /// Go's `os.ModeType`: directories, links, pipes, sockets, devices and what is irregular.
    const MODE_TYPE: u32 =
        (1 << 31) | (1 << 27) | (1 << 26) | (1 << 25) | (1 << 24) | (1 << 21) | (1 << 19);

    /// Whether this is a directory.
    pub fn is_dir(&self) -> bool {
        self.mode & Self::MODE_DIR != 0
    }

    /// Whether this is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.mode & Self::MODE_SYMLINK != 0
    }

    /// Whether this is a regular file: none of the type bits of Go's `os.ModeType` is set.
    pub fn is_file(&self) -> bool {
        self.mode & Self::MODE_TYPE == 0
    }
}

/// Both ways: a fake daemon answers, too.
macro_rules! same_fields {
    ($ours:ty, $theirs:ty: $($field:ident),+) => {
        impl From<$theirs> for $ours {
            fn from(it: $theirs) -> Self {
                Self { $($field: it.$field),+ }
            }
        }

        impl From<$ours> for $theirs {
            fn from(it: $ours) -> Self {
                Self { $($field: it.$field),+ }
            }
        }
    };
}

same_fields!(FileRange, pb::FileRange: offset, length);
same_fields!(Stat, fsutil::Stat: path, mode, uid, gid, size, mod_time, linkname, devmajor, devminor, xattrs);
