//! Every numeric bound of the crate, each with its reason.

/// Longest physical line, its newline included, in bytes: the reference reads lines through a
/// buffer of 64 KiB and rejects what does not fit.
pub const MAX_LINE_BYTES: usize = 65_535;

/// Largest gRPC message either side accepts, in bytes (16 MiB, as BuildKit sets it).
pub const MAX_GRPC_MESSAGE_BYTES: usize = 16 << 20;

/// How deep quotes and `${…}` may nest in one word. The reference has no bound; Dockerfiles
/// written by people stay below five. It keeps evaluation, which recurses, far from the end of a
/// small thread's stack.
pub const MAX_WORD_NESTING: usize = 200;

/// Longest text that the expansion of one word may give, in bytes. No process can get an argument
/// or a variable of more than 128 KiB from Linux, so nothing useful is lost, and variables that
/// double each other from line to line stop at this size.
pub const MAX_EXPANSION_BYTES: usize = 1 << 20;

/// Largest lockfile that is read, in bytes: some ten thousand entries.
pub const MAX_LOCK_BYTES: usize = 8 << 20;

/// Largest manifest, index or image config that is taken from a registry, in bytes: the size that
/// containerd allows.
pub const MAX_MANIFEST_BYTES: usize = 8 << 20;

/// How often ONBUILD triggers of images may name further images with triggers, one after the other.
/// The reference follows an image whose trigger names that image for ever; real chains have one or
/// two links.
pub const MAX_TRIGGER_DEPTH: usize = 32;

/// How many sources ONBUILD triggers may name in a build: what each level of triggers names may
/// multiply from level to level.
pub const MAX_TRIGGER_SOURCES: usize = 10_000;

/// How many bytes a build may have more than its file: what becomes of variables, of relative paths in
/// deep directories, of ranges of ports, and what each step and stage carries of all that. A
/// definition must fit into [`MAX_GRPC_MESSAGE_BYTES`] to be solved, so no build that could run comes
/// near; without it a file of some KiB asks for all of the memory.
pub const MAX_ADDED_BYTES: usize = 256 << 20;

/// How deep arrays and objects of JSON may nest: Go refuses more.
pub const MAX_JSON_NESTING: usize = 10_000;

/// How often `ONBUILD` is read as the trigger of `ONBUILD`. It is an error anyway; so far down its
/// arguments are still looked at first.
pub const MAX_ONBUILD_CHAIN: usize = 16;

/// Largest table of lines against lines when the steps of two stages are compared; longer stages are
/// compared line by line in order.
pub const MAX_COMPARED_CELLS: usize = 4_000_000;

/// How many scripts inside of scripts the checks look at; a file of nothing but `$(` must not take for
/// ever.
pub const MAX_SCRIPT_NESTING: usize = 200;

/// How many nodes a picture may have. Ten thousand ops are drawn in about a second; nobody looks at
/// more of them.
pub const MAX_DRAWN_NODES: usize = 20_000;

/// How many bends the edges of a picture may have together. Edges beyond that, the longest first, are
/// drawn as a stub at each end, so that time and size stay proportional to the graph.
pub const MAX_EDGE_BENDS: usize = 40_000;
