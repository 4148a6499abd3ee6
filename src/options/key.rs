//! Keys of frontend options, as clients spell them. Those that end in a colon are prefixes.

/// Lines of `/etc/hosts`: `host=address`, comma-separated values.
pub const ADD_HOSTS: &str = "add-hosts";
/// Prefix of build arguments.
pub const BUILD_ARG: &str = "build-arg:";
/// Images to import caches from, comma-separated; the older form of [`CACHE_IMPORTS`].
pub const CACHE_FROM: &str = "cache-from";
/// Caches to import, JSON.
pub const CACHE_IMPORTS: &str = "cache-imports";
/// Prefix for the ids of cache mounts.
pub const CACHE_MOUNT_NS: &str = "build-arg:BUILDKIT_CACHE_MOUNT_NS";
/// Parent control group.
pub const CGROUP_PARENT: &str = "cgroup-parent";
/// The whole syntax line; there when another frontend forwarded the build.
pub const CMDLINE: &str = "cmdline";
/// Prefix of named contexts.
pub const CONTEXT: &str = "context:";
/// Names the option with the main context, `context` without it.
pub const CONTEXT_KEY: &str = "contextkey";
/// Directory of the main context that becomes its root.
pub const CONTEXT_SUBDIR: &str = "contextsubdir";
/// Gone: steps that copy by processes.
pub const DISABLE_FILEOP: &str = "build-arg:BUILDKIT_DISABLE_FILEOP";
/// Name of the local source with the file that says what to build, `dockerfile` without it.
pub const DOCKERFILE_KEY: &str = "dockerfilekey";
/// Time of everything that a build makes, in seconds since 1970.
pub const EPOCH: &str = "build-arg:SOURCE_DATE_EPOCH";
/// Path of the file that says what to build.
pub const FILENAME: &str = "filename";
/// Network of all steps that say nothing else.
pub const FORCE_NETWORK_MODE: &str = "force-network-mode";
/// Capabilities that the client insists on, comma-separated.
pub const FRONTEND_CAPS: &str = "frontend.caps";
/// Whether what git advises while it fetches is shown.
pub const GIT_ADVICE: &str = "build-arg:BUILDKIT_GIT_ADVICE";
/// Host name of containers.
pub const HOSTNAME: &str = "hostname";
/// How images are resolved: `default`, `pull`, `local`.
pub const IMAGE_RESOLVE_MODE: &str = "image-resolve-mode";
/// Prefix of the metadata of inputs, JSON.
pub const INPUT_METADATA: &str = "input-metadata:";
/// Keeps `.git` in a context that is a repository.
pub const KEEP_GIT_DIR: &str = "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR";
/// Prefix of labels.
pub const LABEL: &str = "label:";
/// Prefix of sessions that offer a local source of that name.
pub const LOCAL_SESSION_ID: &str = "local-sessionid:";
/// Whether the result is a list of platforms, even of one.
pub const MULTI_PLATFORM: &str = "multi-platform";
/// The same, as a build argument; it wins.
pub const MULTI_PLATFORM_ARG: &str = "build-arg:BUILDKIT_MULTI_PLATFORM";
/// Steps that must not use the cache: comma-separated names, or empty for all.
pub const NO_CACHE: &str = "no-cache";
/// Gone: the image that copied files.
pub const OVERRIDE_COPY_IMAGE: &str = "override-copy-image";
/// Platforms to build for, comma-separated.
pub const PLATFORM: &str = "platform";
/// A question instead of a build: the name of a subrequest.
pub const REQUEST_ID: &str = "requestid";
/// Host name of containers, as a build argument; it wins.
pub const SANDBOX_HOSTNAME: &str = "build-arg:BUILDKIT_SANDBOX_HOSTNAME";
/// Prefix of keys by which the daemon knows what was sent for a local named context.
pub const SHARED_KEY: &str = "sharedkey:localdir:";
/// Size of `/dev/shm`, bytes.
pub const SHM_SIZE: &str = "shm-size";
/// Which of the things that the file describes is built.
pub const TARGET: &str = "target";
/// Limits of processes: `name=soft:hard`, comma-separated values.
pub const ULIMIT: &str = "ulimit";
