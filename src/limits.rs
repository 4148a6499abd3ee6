//! Every numeric bound of the crate, each with its reason.

use std::time::Duration;

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
/// double each other from line to line stop at this size. A longer word may give twice its own length.
pub const MAX_EXPANSION_BYTES: usize = 1 << 20;

/// Largest lockfile that is read, in bytes: some ten thousand entries.
pub const MAX_LOCK_BYTES: usize = 8 << 20;

/// Largest file that a frontend reads beside the file that says what to build, in bytes: what one message of
/// [`MAX_GRPC_MESSAGE_BYTES`] carries, with room for the rest of it.
pub const MAX_BESIDE_BYTES: i64 = 15 << 20;

/// Links that are followed from one name to the next: what Linux allows.
pub const MAX_LINKS: usize = 40;

/// Largest provenance of an image that is read, in bytes: with the whole graph in it, it is larger than any manifest.
pub const MAX_PROVENANCE_BYTES: usize = 64 << 20;

/// Most files that an explanation names for a step: enough to see which directory changed.
pub const MAX_NAMED_FILES: usize = 20;

/// Most files of a directory that are compared with those of another: more is what an ignore file should keep out.
pub const MAX_CONTEXT_FILES: usize = 500_000;

/// Longest listing of files that is taken from git, in bytes: some five hundred thousand names.
pub const MAX_GIT_LISTING_BYTES: u64 = 64 << 20;

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

/// How many nodes a picture may have for several layouts to be tried.
pub const MAX_COMPARED_NODES: usize = 600;

/// How many bends the edges of a picture may have together. Edges beyond that, the longest first, are
/// drawn as a stub at each end, so that time and size stay proportional to the graph.
pub const MAX_EDGE_BENDS: usize = 40_000;

/// Longest line of an ignore file in bytes, its end not counted: the reference reads through a
/// buffer of 64 KiB.
pub const MAX_IGNORE_LINE_BYTES: usize = 65_535;

/// Highest version of a CPU variant that stands for those below it. No instruction set has as many; it bounds
/// the list for odd variants such as `v999999`.
pub const MAX_VARIANT_VERSION: u32 = 64;

/// Largest body of an extended header of a tar file that is read, in bytes: the reference refuses more.
pub const MAX_TAR_HEADER_BYTES: u64 = 1 << 20;

/// How often a source policy may turn one source into another, as in the reference.
pub const MAX_POLICY_REDIRECTS: usize = 10;

/// Rounds of questions about images after which a chain of triggers is taken for recursive. Each round goes one link
/// down all chains; [`MAX_TRIGGER_DEPTH`] links with named contexts between them stay below it.
pub const MAX_LOCK_ROUNDS: usize = 64;

/// Rounds in which a file with errors is compiled without the instructions at fault. Each finds one error of the build
/// more; a file has few that are independent of each other.
pub const MAX_ERROR_ROUNDS: usize = 20;

/// Names of a directory among which one that was meant is looked for. In a larger one there are too many that are near.
pub const MAX_NAMES: usize = 10_000;

/// Stages that the hint of an unknown target lists: more are found sooner by `rdf targets`.
pub const MAX_LISTED_STAGES: usize = 20;

/// Config files that are built on each other, by `extend`: a file for a team, one for a repository, some for directories.
pub const MAX_CONFIGS: usize = 16;

/// Scripts that one process of ShellCheck looks at. It works on one after the other: more processes are more processors,
/// and one takes some 10 ms to begin.
pub const MAX_SCRIPTS_AT_ONCE: usize = 256;

/// Largest answer of ShellCheck that is read, in bytes: some hundred findings for each script.
pub const MAX_SHELLCHECK_BYTES: u64 = 64 << 20;

/// How long ShellCheck may take for the scripts of one process. Most scripts take 20 ms; some constructions take it
/// minutes.
pub const SHELLCHECK_TIMEOUT: Duration = Duration::from_secs(120);

/// Rounds of changes that fix a file. Each fixes at least one finding of one rule everywhere, and there are
/// fewer rules.
pub const MAX_FIX_ROUNDS: usize = 64;

/// Largest product of the numbers of lines of two texts whose diff is looked for line by line; beyond it, all from the
/// first to the last line that differs is shown as one block. Where no line is kept, that is work of this order: some
/// tenths of a second.
pub const MAX_DIFF_CELLS: usize = 64 << 20;

/// Work that putting the nodes of a picture in order may take, in links and items touched: about a tenth of a
/// second. Larger graphs get fewer sweeps, not a longer wait.
pub const MAX_ORDER_WORK: usize = 3_000_000;

/// The same for placing them.
pub const MAX_PLACE_WORK: usize = 6_000_000;

/// Largest file of bake or compose that is read, in bytes; those written by people have some KiB.
pub const MAX_BUILD_FILE_BYTES: u64 = 8 << 20;

/// Largest file of variables beside a compose file, in bytes.
pub const MAX_ENV_FILE_BYTES: u64 = 1 << 20;

/// Longest text that an expression or a variable of a bake or compose file may make, in bytes: doubling stops here.
pub const MAX_EVALUATED_BYTES: usize = 1 << 20;

/// Elements of the largest list or object that an expression of a bake file may make.
pub const MAX_EVALUATED_ELEMENTS: usize = 100_000;

/// Variables of a bake file whose defaults lead from one to the next; evaluation recurses.
pub const MAX_VARIABLE_CHAIN: usize = 32;

/// Defaults within defaults (`${a:-${b:-…}}`) of a compose file; reading them recurses.
pub const MAX_DEFAULT_NESTING: usize = 16;

/// Targets of bake that inherit one from the other; following them recurses.
pub const MAX_INHERITANCE: usize = 16;

/// Targets that a matrix of bake may make.
pub const MAX_MATRIX_TARGETS: usize = 4096;

/// How deep lists and maps of YAML may nest; reading them recurses.
pub const MAX_YAML_NESTING: usize = 64;

/// What is kept of git's error messages, in bytes.
pub const MAX_GIT_WORDS: u64 = 64 << 10;

/// Largest Dockerfile that is locked, in bytes.
pub const MAX_LOCKED_FILE_BYTES: u64 = 64 << 20;

/// Largest file that `rdf` reads where nothing smaller is said, in bytes: certificates, ignore files, settings.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Largest `index.json` of an OCI layout, in bytes: containerd's bound for a manifest.
pub const MAX_LAYOUT_INDEX_BYTES: u64 = 4 << 20;

/// Tags that are looked at, newest first, for one that is old enough; each costs requests.
pub const MAX_AGE_CANDIDATES: usize = 20;

/// Attempts to find a name for a temporary file that is free.
pub const MAX_TEMPORARY_NAMES: u32 = 100;

/// After this time a temporary file beside a lock is what a killed run left behind.
pub const LEFTOVER_AGE: Duration = Duration::from_secs(60 * 60);

/// Longest answer of a token server, in bytes; tokens have some KiB.
pub const MAX_TOKEN_BYTES: usize = 1 << 20;

/// Largest file of credentials, or answer of a helper, in bytes.
pub const MAX_CREDENTIALS_BYTES: u64 = 1 << 20;

/// Manifests that are looked at for one platform of an image: indexes within indexes have an end.
pub const MAX_INDEX_ENTRIES: usize = 64;

/// Pages of a list of tags: at a hundred tags a page, more than most repositories have. A longer list is refused, since
/// the newest tag may be in what was not read.
pub const MAX_TAG_PAGES: usize = 100;

/// Redirects after which a chain is taken for recursive: what browsers and Go's client do, roughly.
pub const MAX_HTTP_REDIRECTS: usize = 10;

/// How much of the body of an error is read for its message, in bytes.
pub const MAX_ERROR_BODY_BYTES: usize = 64 << 10;

/// How long that may take: the status alone is an answer, too.
pub const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest list of refs of a repository, in bytes: some million refs.
pub const MAX_GIT_REFS_BYTES: usize = 64 << 20;

/// How long `git` may take to list the refs of a repository.
pub const GIT_TIMEOUT: Duration = Duration::from_secs(120);

/// Longest list of capabilities of a git server, in bytes.
pub const MAX_GIT_CAPABILITIES_BYTES: usize = 1 << 20;

/// Window of HTTP/2's flow control towards the daemon, in bytes: a whole message fits, so that no answer waits for
/// an update of the window.
pub const GRPC_WINDOW_BYTES: u32 = 16 << 20;

/// Messages of one process in a container that wait to be read; then its stream waits.
pub const PROCESS_BACKLOG: usize = 16;

/// How long a frontend waits for the daemon's first answer, as the reference does.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a frontend waits for the daemon to take its result.
pub const FINISH_TIMEOUT: Duration = Duration::from_secs(60);

/// Time between pings to a daemon.
pub const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long the answer to a ping may take: a daemon that swaps or runs a hundred builds answers in that time; a
/// stopped one does not hold a build slot for longer.
pub const PING_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a connection to a registry or server may take.
pub const REGISTRY_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a registry or server may say nothing.
pub const REGISTRY_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a registry may take for a whole answer that is not a file, and a credential helper, which may ask its user.
pub const REGISTRY_ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a registry is asked for the same thing, the first time included.
pub const REGISTRY_ATTEMPTS: u32 = 4;

/// Longest pause before the next attempt, whatever the registry asks for.
pub const REGISTRY_MAX_WAIT: Duration = Duration::from_secs(60);

/// Largest file that is downloaded to find its digest, in bytes.
pub const MAX_DOWNLOAD_BYTES: u64 = 64 << 30;

/// How much of a file is sent to a registry at once, in bytes: a piece is held in memory, so that it can be sent again.
pub const UPLOAD_PIECE: u64 = 8 << 20;

/// From which size on a body has a layer of its own in a store in a registry, in bytes: it is shared by steps, and a new
/// recording sends nothing else anew.
pub const OWN_LAYER_BYTES: u64 = 1 << 20;

/// How many layers of one image of a store hold a single body. With the [`GROUPED_LAYERS`] and that of the recording they
/// stay below the 127 that engines mount.
pub const MAX_OWN_LAYERS: usize = 64;

/// Among how many layers the other bodies of a step are spread, by the first digit of their digests.
pub const GROUPED_LAYERS: usize = 16;

/// Largest recording of a step that is read, in bytes: some hundred thousand requests. Bodies are not in it.
pub const MAX_RECORDING_BYTES: usize = 64 << 20;

/// How much of a file the frontend reads at once while it records, in bytes: a message of a daemon has a limit, and the
/// frontend little memory.
pub const RECORDED_PIECE: i64 = 1 << 20;

/// Shortest secret of a step that is looked for in its requests, in bytes: a shorter one is in many that do not carry it.
pub const MIN_SECRET_BYTES: usize = 6;

/// The same of a part of a secret that has several words, in bytes.
pub const MIN_PART_BYTES: usize = 8;

/// Largest `rdf-run` that is taken, in bytes.
pub const MAX_PROGRAM_BYTES: usize = 16 << 20;

/// Largest body of a request that is recorded, in bytes. What tools send is small: git asks for a list of commits in
/// some KiB; it is held in memory, since its digest is part of what the request is recognised by.
pub const MAX_RECORDED_REQUEST_BYTES: usize = 64 << 20;

/// Largest message that the language server reads, in bytes: a document of [`MAX_FILE_BYTES`] whose every byte is
/// escaped in JSON. What is larger is skipped.
pub const MAX_LSP_MESSAGE_BYTES: u64 = 256 << 20;

/// Longest header of such a message, in bytes: they have two lines.
pub const MAX_LSP_HEADER_BYTES: u64 = 4 << 10;

/// How many answers are prepared for the next check of a document, before those of names that were typed on the way are
/// forgotten.
pub const MAX_LSP_NEEDS: usize = 4096;

/// How long a completion waits for the tags of a registry: one who types has gone on by then.
pub const LSP_PATIENCE: Duration = Duration::from_secs(5);

/// How long tags of a registry are offered before it is asked again, and how long one that did not answer is left alone.
pub const LSP_TAGS_KEPT: Duration = Duration::from_secs(600);

/// Widest indentation that is written for an editor, in characters: nobody's is wider.
pub const MAX_LSP_INDENT: u32 = 16;

/// How many directories above a Dockerfile are looked into for files that build it, unless the root of a repository comes
/// first.
pub const MAX_LSP_ABOVE: usize = 6;
