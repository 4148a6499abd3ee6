//! File ops: changes of files without a process.

use super::super::caps::Caps;
use super::super::constraints::Constraints;
use super::super::encoder::Encoder;
use super::super::marshal::MarshalError;
use super::super::state::State;
use super::super::vertex::{Output, Vertex};
use super::super::wire::Writer;
use super::Op;
use crate::go::path;
use crate::pb::ops::{field, file_action, op, user_opt};
use std::sync::Arc;

/// A series of changes, each on the result of the one before.
///
/// Relative paths start from the working directory of the state that is changed; where a copy
/// reads, from that of the state it reads.
#[derive(Clone, Debug, Default)]
pub struct FileAction {
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Copy {
        source: State,
        src: String,
        dest: String,
        options: Box<CopyOptions>,
    },
    Mkfile {
        path: String,
        mode: u32,
        data: Arc<[u8]>,
        options: FileOptions,
    },
    Mkdir {
        path: String,
        mode: u32,
        options: MkdirOptions,
    },
    Rm {
        path: String,
        options: RmOptions,
    },
    Symlink {
        oldpath: String,
        newpath: String,
        options: FileOptions,
    },
}

/// How to make a file or a link.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FileOptions {
    /// Owner; none is root.
    pub owner: Option<ChownOpt>,
    /// Time in nanoseconds since 1970; none is the time of the build.
    pub created: Option<i64>,
}

/// How to make a directory.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MkdirOptions {
    /// Makes missing parents too; an existing directory is fine then.
    pub make_parents: bool,
    /// Owner; none is root.
    pub owner: Option<ChownOpt>,
    /// Time in nanoseconds since 1970; none is the time of the build.
    pub created: Option<i64>,
}

/// How to remove files.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RmOptions {
    /// A missing file is not an error.
    pub allow_not_found: bool,
    /// Allows wildcards in the path.
    pub allow_wildcard: bool,
}

/// How to copy files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CopyOptions {
    /// Permissions; none keeps those of the source.
    pub mode: Option<Chmod>,
    /// Resolves symbolic links of the source path.
    pub follow_symlinks: bool,
    /// Copies only the content of a directory.
    pub copy_dir_contents_only: bool,
    /// Copies only what matches one of these.
    pub include_patterns: Vec<String>,
    /// Leaves out what matches one of these.
    pub exclude_patterns: Vec<String>,
    /// Paths that must be among those included.
    pub required_paths: Vec<String>,
    /// Unpacks the source when it is an archive.
    pub attempt_unpack: bool,
    /// Creates missing parents of the destination.
    pub create_dest_path: bool,
    /// Allows wildcards in the source path.
    pub allow_wildcard: bool,
    /// Allows a wildcard that matches nothing.
    pub allow_empty_wildcard: bool,
    /// Owner; none is root.
    pub owner: Option<ChownOpt>,
    /// Time in nanoseconds since 1970; none keeps those of the source.
    pub created: Option<i64>,
    /// Replaces destinations of another type.
    pub always_replace_existing_dest_paths: bool,
}

/// Permissions of copied files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chmod {
    /// Permission bits.
    Mode(u32),
    /// Symbolic form, such as `u=rwX,go=rX`.
    Text(String),
}

/// Owner of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChownOpt {
    /// User.
    pub user: Option<UserOpt>,
    /// Group.
    pub group: Option<UserOpt>,
}

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserOpt {
    /// By name, looked up in the file system that is changed; the empty name is user 0.
    Name(String),
    /// By number.
    Id(u32),
}

impl ChownOpt {
    /// Reads `user`, `user:group` or `:group`; numbers are ids, and so is `root`. An empty group is none: the daemon
    /// then takes the one that it takes for `user`.
    pub fn parse(text: &str) -> Self {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        ChownOpt {
            user: Some(UserOpt::parse(user)),
            group: group.filter(|group| !group.is_empty()).map(UserOpt::parse),
        }
    }

    /// Whether user or group must be looked up by name.
    pub(crate) fn has_names(&self) -> bool {
        let is_name = |of: &UserOpt| matches!(of, UserOpt::Name(name) if !name.is_empty());
        [&self.user, &self.group].into_iter().flatten().any(is_name)
    }

    /// The user and group of these numbers.
    pub fn ids(uid: u32, gid: u32) -> Self {
        ChownOpt {
            user: Some(UserOpt::Id(uid)),
            group: Some(UserOpt::Id(gid)),
        }
    }
}

impl UserOpt {
    fn parse(text: &str) -> Self {
        if text == "root" {
            return UserOpt::Id(0);
        }
        match text.parse::<i32>() {
            // Negative ids wrap, as they do in the reference.
            Ok(id) => UserOpt::Id(id.cast_unsigned()),
            Err(_) => UserOpt::Name(text.to_owned()),
        }
    }
}

impl FileAction {
    /// No change yet.
    pub fn new() -> Self {
        FileAction::default()
    }

    /// Copies `src` of `source` to `dest`.
    #[must_use]
    pub fn copy(
        self,
        source: &State,
        src: impl Into<String>,
        dest: impl Into<String>,
        options: CopyOptions,
    ) -> Self {
        self.then(Change::Copy {
            source: source.clone(),
            src: src.into(),
            dest: dest.into(),
            options: Box::new(options),
        })
    }

    /// Makes a file; of `mode` only the lowest nine bits count.
    #[must_use]
    pub fn mkfile(
        self,
        path: impl Into<String>,
        mode: u32,
        data: impl Into<Arc<[u8]>>,
        options: FileOptions,
    ) -> Self {
        self.then(Change::Mkfile {
            path: path.into(),
            mode,
            data: data.into(),
            options,
        })
    }

    /// Makes a directory; of `mode` only the lowest nine bits count.
    #[must_use]
    pub fn mkdir(self, path: impl Into<String>, mode: u32, options: MkdirOptions) -> Self {
        self.then(Change::Mkdir {
            path: path.into(),
            mode,
            options,
        })
    }

    /// Removes a file or directory.
    #[must_use]
    pub fn rm(self, path: impl Into<String>, options: RmOptions) -> Self {
        self.then(Change::Rm {
            path: path.into(),
            options,
        })
    }

    /// Makes a symbolic link `newpath` that points at `oldpath`; both are taken as they are.
    #[must_use]
    pub fn symlink(
        self,
        oldpath: impl Into<String>,
        newpath: impl Into<String>,
        options: FileOptions,
    ) -> Self {
        self.then(Change::Symlink {
            oldpath: oldpath.into(),
            newpath: newpath.into(),
            options,
        })
    }

    fn then(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

/// The part of a file op that is its own.
pub(crate) struct FileOp {
    /// Place of the changed file system among the inputs; none is scratch.
    base: Option<usize>,
    changes: Vec<Placed>,
    dir: Arc<str>,
}

struct Placed {
    change: Change,
    /// Place of what a copy reads; none is scratch.
    source: Option<usize>,
}

/// Builds the vertex of `action` on `state`.
pub(crate) fn file(state: &State, action: FileAction, mut constraints: Constraints) -> State {
    constraints.metadata.caps.merge(&Caps::OF_FILES);
    let mut inputs: Vec<Output> = Vec::with_capacity(1 + action.changes.len());
    inputs.extend(state.output().cloned());
    let base = (!inputs.is_empty()).then_some(0);
    // Visiting order: the base, then what is copied, the last copy first.
    let mut changes: Vec<Placed> = action
        .changes
        .into_iter()
        .rev()
        .map(|mut change| {
            let source = match &mut change {
                Change::Copy { source, src, .. } => {
                    *src = copy_source(source, src);
                    std::mem::take(source).output().map(|output| {
                        inputs.push(output.clone());
                        inputs.len() - 1
                    })
                }
                _ => None,
            };
            Placed { change, source }
        })
        .collect();
    changes.reverse();
    let op = FileOp {
        base,
        changes,
        dir: state.meta().dir.clone(),
    };
    let vertex = Vertex::new(Op::File(op), inputs.into(), constraints);
    state.clone().with_output(Output::new(vertex, 0))
}

/// The path that a copy reads, from the working directory of its source.
fn copy_source(source: &State, src: &str) -> String {
    path::join(&match path::is_abs(src) {
        true => ["/", src],
        false => [source.dir(), src],
    })
}

/// An absolute path from `dir`. With `keep_slash`, an ending that says "a directory" stays.
fn normalize(dir: &str, path: &str, keep_slash: bool) -> String {
    let mut clean = match path::is_abs(path) {
        true => path::clean(path).into_owned(),
        false => path::join(&["/", dir, path]),
    };
    if keep_slash {
        if path.ends_with('/') && !clean.ends_with('/') {
            clean.push('/');
        } else if path.ends_with("/.") {
            if clean != "/" {
                clean.push('/');
            }
            clean.push('.');
        }
    }
    clean
}

impl FileOp {
    pub(super) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        if self.changes.is_empty() {
            return Err(MarshalError::ActionRequired);
        }
        let base = self.base.map_or(-1, |place| cx.input(place));
        let sources: Vec<i64> = self
            .changes
            .iter()
            .map(|placed| placed.source.map_or(-1, |place| cx.input(place)))
            .collect();
        // Results of earlier changes count on from the inputs.
        let inputs = cx.input_count();
        cx.write_head(vertex);
        cx.writer.message(op::Field::File, |w| {
            let last = self.changes.len() - 1;
            for (number, (placed, source)) in self.changes.iter().zip(sources).enumerate() {
                w.message(field::FileOp::actions, |w| {
                    let before = i64::try_from(number).unwrap_or(i64::MAX) - 1;
                    w.int64(
                        field::FileAction::input,
                        if number == 0 { base } else { inputs + before },
                    );
                    w.int64(field::FileAction::secondary_input, source);
                    w.int64(
                        field::FileAction::output,
                        if number == last { 0 } else { -1 },
                    );
                    self.encode_change(w, &placed.change, base);
                });
            }
        });
        Ok(())
    }

    fn encode_change(&self, w: &mut Writer, change: &Change, base: i64) {
        let normalize = |path: &str| normalize(&self.dir, path, false);
        match change {
            Change::Copy {
                src, dest, options, ..
            } => w.message(file_action::Field::Copy, |w| {
                self.encode_copy(w, src, dest, options, base)
            }),
            Change::Mkfile {
                path,
                mode,
                data,
                options,
            } => w.message(file_action::Field::Mkfile, |w| {
                w.string(field::FileActionMkFile::path, &normalize(path));
                w.uint64(field::FileActionMkFile::mode, u64::from(mode & 0o777));
                w.bytes_field(field::FileActionMkFile::data, data);
                encode_owner(
                    w,
                    field::FileActionMkFile::owner,
                    options.owner.as_ref(),
                    base,
                );
                w.int64(
                    field::FileActionMkFile::timestamp,
                    options.created.unwrap_or(-1),
                );
            }),
            Change::Mkdir {
                path,
                mode,
                options,
            } => w.message(file_action::Field::Mkdir, |w| {
                w.string(field::FileActionMkDir::path, &normalize(path));
                w.uint64(field::FileActionMkDir::mode, u64::from(mode & 0o777));
                w.bool(field::FileActionMkDir::make_parents, options.make_parents);
                encode_owner(
                    w,
                    field::FileActionMkDir::owner,
                    options.owner.as_ref(),
                    base,
                );
                w.int64(
                    field::FileActionMkDir::timestamp,
                    options.created.unwrap_or(-1),
                );
            }),
            Change::Rm { path, options } => w.message(file_action::Field::Rm, |w| {
                w.string(field::FileActionRm::path, &normalize(path));
                w.bool(
                    field::FileActionRm::allow_not_found,
                    options.allow_not_found,
                );
                w.bool(field::FileActionRm::allow_wildcard, options.allow_wildcard);
            }),
            Change::Symlink {
                oldpath,
                newpath,
                options,
            } => w.message(file_action::Field::Symlink, |w| {
                w.string(field::FileActionSymlink::oldpath, oldpath);
                w.string(field::FileActionSymlink::newpath, newpath);
                encode_owner(
                    w,
                    field::FileActionSymlink::owner,
                    options.owner.as_ref(),
                    base,
                );
                w.int64(
                    field::FileActionSymlink::timestamp,
                    options.created.unwrap_or(-1),
                );
            }),
        }
    }

    fn encode_copy(&self, w: &mut Writer, src: &str, dest: &str, options: &CopyOptions, base: i64) {
        w.string(field::FileActionCopy::src, src);
        w.string(
            field::FileActionCopy::dest,
            &normalize(&self.dir, dest, true),
        );
        encode_owner(
            w,
            field::FileActionCopy::owner,
            options.owner.as_ref(),
            base,
        );
        let (mode, mode_text) = match &options.mode {
            None => (-1, ""),
            Some(Chmod::Mode(mode)) => (i64::from(mode.cast_signed()), ""),
            Some(Chmod::Text(text)) => (0, text.as_str()),
        };
        w.int64(field::FileActionCopy::mode, mode);
        w.bool(
            field::FileActionCopy::follow_symlink,
            options.follow_symlinks,
        );
        w.bool(
            field::FileActionCopy::dir_copy_contents,
            options.copy_dir_contents_only,
        );
        w.bool(
            field::FileActionCopy::attempt_unpack_docker_compatibility,
            options.attempt_unpack,
        );
        w.bool(
            field::FileActionCopy::create_dest_path,
            options.create_dest_path,
        );
        w.bool(
            field::FileActionCopy::allow_wildcard,
            options.allow_wildcard,
        );
        w.bool(
            field::FileActionCopy::allow_empty_wildcard,
            options.allow_empty_wildcard,
        );
        w.int64(
            field::FileActionCopy::timestamp,
            options.created.unwrap_or(-1),
        );
        w.strings(
            field::FileActionCopy::include_patterns,
            &options.include_patterns,
        );
        w.strings(
            field::FileActionCopy::exclude_patterns,
            &options.exclude_patterns,
        );
        w.bool(
            field::FileActionCopy::always_replace_existing_dest_paths,
            options.always_replace_existing_dest_paths,
        );
        w.string(field::FileActionCopy::mode_str, mode_text);
        w.strings(
            field::FileActionCopy::required_paths,
            &options.required_paths,
        );
    }
}

fn encode_owner(w: &mut Writer, number: u32, owner: Option<&ChownOpt>, base: i64) {
    let Some(owner) = owner else {
        return;
    };
    w.message(number, |w| {
        for (number, user) in [
            (field::ChownOpt::user, &owner.user),
            (field::ChownOpt::group, &owner.group),
        ] {
            let Some(user) = user else {
                continue;
            };
            w.message(number, |w| match user {
                UserOpt::Name(name) if !name.is_empty() => {
                    w.message(user_opt::Field::ByName, |w| {
                        w.string(field::NamedUserOpt::name, name);
                        w.int64(field::NamedUserOpt::input, base);
                    })
                }
                // A member of a oneof is written even when it is zero.
                UserOpt::Name(_) => w.number(user_opt::Field::ById, 0),
                UserOpt::Id(id) => w.number(user_opt::Field::ById, u64::from(*id)),
            });
        }
    });
}
