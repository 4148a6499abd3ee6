//! The messages of an op as protobuf JSON.

use super::object::Object;
use crate::pb::ops::{
    self as pb, ChownOpt, FileAction, Mount, UserOpt, file_action::Action, user_opt::User,
};
use serde_json::Value;

pub(super) fn op(op: &pb::Op) -> Value {
    use pb::op::Op;
    let object = Object::new().messages("inputs", &op.inputs, |input| {
        Object::new()
            .string("digest", &input.digest)
            .long("index", input.index)
            .build()
    });
    let object = match &op.op {
        Some(Op::Exec(op)) => object.field("exec", exec(op)),
        Some(Op::Source(op)) => object.field("source", source(op)),
        Some(Op::File(op)) => object.field("file", file(op)),
        Some(Op::Build(op)) => object.field("build", build(op)),
        Some(Op::Merge(op)) => object.field("merge", merge(op)),
        Some(Op::Diff(op)) => object.field("diff", diff(op)),
        Some(Op::Passthrough(op)) => object.field("passthrough", passthrough(op)),
        None => object,
    };
    object
        .message("platform", op.platform.as_ref(), platform)
        .message("constraints", op.constraints.as_ref(), |constraints| {
            Object::new().strings("filter", &constraints.filter).build()
        })
        .build()
}

fn platform(platform: &pb::Platform) -> Value {
    Object::new()
        .string("Architecture", &platform.architecture)
        .string("OS", &platform.os)
        .string("Variant", &platform.variant)
        .string("OSVersion", &platform.os_version)
        .strings("OSFeatures", &platform.os_features)
        .build()
}

fn exec(op: &pb::ExecOp) -> Value {
    Object::new()
        .message("meta", op.meta.as_ref(), meta)
        .messages("mounts", &op.mounts, mount)
        .choice("network", op.network, &["UNSET", "HOST", "NONE"])
        .choice("security", op.security, &["SANDBOX", "INSECURE"])
        .messages("secretenv", &op.secretenv, |secret| {
            Object::new()
                .string("ID", &secret.id)
                .string("name", &secret.name)
                .bool("optional", secret.optional)
                .build()
        })
        .messages("cdiDevices", &op.cdi_devices, |device| {
            Object::new()
                .string("name", &device.name)
                .bool("optional", device.optional)
                .build()
        })
        .build()
}

fn meta(meta: &pb::Meta) -> Value {
    Object::new()
        .strings("args", &meta.args)
        .strings("env", &meta.env)
        .string("cwd", &meta.cwd)
        .string("user", &meta.user)
        .message("proxyEnv", meta.proxy_env.as_ref(), |proxy| {
            Object::new()
                .string("httpProxy", &proxy.http_proxy)
                .string("httpsProxy", &proxy.https_proxy)
                .string("ftpProxy", &proxy.ftp_proxy)
                .string("noProxy", &proxy.no_proxy)
                .string("allProxy", &proxy.all_proxy)
                .build()
        })
        .messages("extraHosts", &meta.extra_hosts, |host| {
            Object::new()
                .string("Host", &host.host)
                .string("IP", &host.ip)
                .build()
        })
        .string("hostname", &meta.hostname)
        .messages("ulimit", &meta.ulimit, |ulimit| {
            Object::new()
                .string("Name", &ulimit.name)
                .long("Soft", ulimit.soft)
                .long("Hard", ulimit.hard)
                .build()
        })
        .string("cgroupParent", &meta.cgroup_parent)
        .bool(
            "removeMountStubsRecursive",
            meta.remove_mount_stubs_recursive,
        )
        .messages("validExitCodes", &meta.valid_exit_codes, |&code| {
            Value::from(code)
        })
        .build()
}

fn mount(mount: &Mount) -> Value {
    const TYPES: &[&str] = &["BIND", "SECRET", "SSH", "CACHE", "TMPFS"];
    const SHARING: &[&str] = &["SHARED", "PRIVATE", "LOCKED"];
    const CONTENT_CACHE: &[&str] = &["DEFAULT", "ON", "OFF"];
    let file = |id: &str, uid: u32, gid: u32, mode: u32, optional: bool| {
        Object::new()
            .string("ID", id)
            .number("uid", uid)
            .number("gid", gid)
            .number("mode", mode)
            .bool("optional", optional)
            .build()
    };
    Object::new()
        .long("input", mount.input)
        .string("selector", &mount.selector)
        .string("dest", &mount.dest)
        .long("output", mount.output)
        .bool("readonly", mount.readonly)
        .choice("mountType", mount.mount_type, TYPES)
        .message("TmpfsOpt", mount.tmpfs_opt.as_ref(), |tmpfs| {
            Object::new().long("size", tmpfs.size).build()
        })
        .message("cacheOpt", mount.cache_opt.as_ref(), |cache| {
            Object::new()
                .string("ID", &cache.id)
                .choice("sharing", cache.sharing, SHARING)
                .build()
        })
        .message("secretOpt", mount.secret_opt.as_ref(), |secret| {
            file(
                &secret.id,
                secret.uid,
                secret.gid,
                secret.mode,
                secret.optional,
            )
        })
        .message("SSHOpt", mount.ssh_opt.as_ref(), |ssh| {
            file(&ssh.id, ssh.uid, ssh.gid, ssh.mode, ssh.optional)
        })
        .string("resultID", &mount.result_id)
        .choice("contentCache", mount.content_cache, CONTENT_CACHE)
        .build()
}

fn source(op: &pb::SourceOp) -> Value {
    Object::new()
        .string("identifier", &op.identifier)
        .texts("attrs", &op.attrs)
        .build()
}

fn build(op: &pb::BuildOp) -> Value {
    let input = |input: &pb::BuildInput| Object::new().long("input", input.input).build();
    Object::new()
        .long("builder", op.builder)
        .map("inputs", &op.inputs, input)
        .message("def", op.def.as_ref(), super::convert::definition)
        .texts("attrs", &op.attrs)
        .build()
}

fn merge(op: &pb::MergeOp) -> Value {
    let input = |input: &pb::MergeInput| Object::new().long("input", input.input).build();
    Object::new().messages("inputs", &op.inputs, input).build()
}

fn diff(op: &pb::DiffOp) -> Value {
    Object::new()
        .message("lower", op.lower.as_ref(), |lower| {
            Object::new().long("input", lower.input).build()
        })
        .message("upper", op.upper.as_ref(), |upper| {
            Object::new().long("input", upper.input).build()
        })
        .build()
}

fn passthrough(op: &pb::PassthroughOp) -> Value {
    Object::new()
        .string("id", &op.id)
        .messages("outputs", &op.outputs, |output| {
            Value::from(output.to_string())
        })
        .build()
}

fn file(op: &pb::FileOp) -> Value {
    Object::new()
        .messages("actions", &op.actions, file_action)
        .build()
}

fn file_action(action: &FileAction) -> Value {
    let object = Object::new()
        .long("input", action.input)
        .long("secondaryInput", action.secondary_input)
        .long("output", action.output);
    let object = match &action.action {
        Some(Action::Copy(action)) => object.field("copy", copy(action)),
        Some(Action::Mkfile(action)) => object.field("mkfile", mkfile(action)),
        Some(Action::Mkdir(action)) => object.field("mkdir", mkdir(action)),
        Some(Action::Rm(action)) => object.field("rm", rm(action)),
        Some(Action::Symlink(action)) => object.field("symlink", symlink(action)),
        None => object,
    };
    object.build()
}

fn copy(action: &pb::FileActionCopy) -> Value {
    Object::new()
        .string("src", &action.src)
        .string("dest", &action.dest)
        .message("owner", action.owner.as_ref(), owner)
        .number("mode", action.mode)
        .bool("followSymlink", action.follow_symlink)
        .bool("dirCopyContents", action.dir_copy_contents)
        .bool(
            "attemptUnpackDockerCompatibility",
            action.attempt_unpack_docker_compatibility,
        )
        .bool("createDestPath", action.create_dest_path)
        .bool("allowWildcard", action.allow_wildcard)
        .bool("allowEmptyWildcard", action.allow_empty_wildcard)
        .long("timestamp", action.timestamp)
        .strings("includePatterns", &action.include_patterns)
        .strings("excludePatterns", &action.exclude_patterns)
        .bool(
            "alwaysReplaceExistingDestPaths",
            action.always_replace_existing_dest_paths,
        )
        .string("modeStr", &action.mode_str)
        .strings("requiredPaths", &action.required_paths)
        .build()
}

fn mkfile(action: &pb::FileActionMkFile) -> Value {
    Object::new()
        .string("path", &action.path)
        .number("mode", action.mode)
        .bytes("data", &action.data)
        .message("owner", action.owner.as_ref(), owner)
        .long("timestamp", action.timestamp)
        .build()
}

fn mkdir(action: &pb::FileActionMkDir) -> Value {
    Object::new()
        .string("path", &action.path)
        .number("mode", action.mode)
        .bool("makeParents", action.make_parents)
        .message("owner", action.owner.as_ref(), owner)
        .long("timestamp", action.timestamp)
        .build()
}

fn rm(action: &pb::FileActionRm) -> Value {
    Object::new()
        .string("path", &action.path)
        .bool("allowNotFound", action.allow_not_found)
        .bool("allowWildcard", action.allow_wildcard)
        .build()
}

fn symlink(action: &pb::FileActionSymlink) -> Value {
    Object::new()
        .string("oldpath", &action.oldpath)
        .string("newpath", &action.newpath)
        .message("owner", action.owner.as_ref(), owner)
        .long("timestamp", action.timestamp)
        .build()
}

fn owner(owner: &ChownOpt) -> Value {
    Object::new()
        .message("user", owner.user.as_ref(), user)
        .message("group", owner.group.as_ref(), user)
        .build()
}

fn user(user: &UserOpt) -> Value {
    let object = Object::new();
    match &user.user {
        Some(User::ByName(named)) => {
            let named = Object::new()
                .string("name", &named.name)
                .long("input", named.input);
            object.field("byName", named.build())
        }
        // A member of a oneof is written even when it is zero.
        Some(User::ById(id)) => object.field("byID", *id),
        None => object,
    }
    .build()
}
