//! Recorded definitions built again through the public builder, call by call.
//!
//! The translation below knows messages only: what the builder adds by itself (capabilities,
//! numbers of inputs and outputs, attributes, the order of ops, the last op, numbers of source
//! files) has to come out as the reference has it.

use super::llb::recorded;
use dockerfile_llb::image::Platform;
use dockerfile_llb::internals::llb::dump;
use dockerfile_llb::internals::pb::map::Entry;
use dockerfile_llb::internals::pb::ops as pb;
use dockerfile_llb::internals::pb::ops::file_action::Action;
use dockerfile_llb::internals::pb::ops::op::Op;
use dockerfile_llb::internals::pb::ops::user_opt::User;
use dockerfile_llb::internals::{metadata, metadata_of, source};
use dockerfile_llb::llb::*;
use prost::Message;
use std::collections::HashMap;

#[test]
fn rebuilt_definitions_have_the_same_bytes() {
    for file in recorded() {
        let bytes = std::fs::read(&file).expect("readable");
        let recorded = Definition::decode(&bytes).expect("a definition");
        let rebuilt = rebuild(&recorded);
        if rebuilt != recorded {
            let (have, want) = (dump::text(&rebuilt), dump::text(&recorded));
            assert_eq!(have.expect("ops"), want.expect("ops"), "{}", file.display());
        }
        assert_eq!(rebuilt.encode(), bytes, "{}", file.display());
    }
}

fn rebuild(definition: &Definition) -> Definition {
    let Some((_, last)) = definition.ops.last() else {
        return State::scratch()
            .marshal(&MarshalOptions::default())
            .expect("scratch marshals");
    };
    let mut rebuild = Rebuild {
        outputs: HashMap::new(),
        maps: source_maps(definition),
        definition,
    };
    for (digest, bytes) in &definition.ops {
        rebuild.op(digest, &pb::Op::decode(bytes.as_slice()).expect("an op"));
    }
    let last = pb::Op::decode(last.as_slice()).expect("an op");
    rebuild
        .input(&last, 0)
        .marshal(&MarshalOptions::default())
        .expect("marshals")
}

fn source_maps(definition: &Definition) -> Vec<SourceMap> {
    let infos = source(definition)
        .into_iter()
        .flat_map(|source| &source.infos);
    infos
        .map(|info| {
            let map = SourceMap::new(
                info.filename.as_str(),
                info.language.as_str(),
                info.data.clone(),
            );
            match &info.definition {
                Some(definition) => map.with_definition(rebuild(definition)),
                None => map,
            }
        })
        .collect()
}

struct Rebuild<'a> {
    definition: &'a Definition,
    maps: Vec<SourceMap>,
    outputs: HashMap<(String, i64), State>,
}

impl Rebuild<'_> {
    fn op(&mut self, digest: &OpDigest, op: &pb::Op) {
        let constraints = self.constraints(digest, op);
        match &op.op {
            Some(Op::Source(source)) => self.put(digest, 0, source_state(source, constraints)),
            Some(Op::Exec(exec)) => self.exec(digest, op, exec, constraints),
            Some(Op::File(file)) => self.file(digest, op, file, constraints),
            Some(Op::Merge(merge)) => {
                let inputs = merge.inputs.iter().map(|input| self.input(op, input.input));
                let inputs: Vec<State> = inputs.collect();
                self.put(digest, 0, State::merge(&inputs, constraints));
            }
            Some(other) => panic!("not recorded so far: {other:?}"),
            None => {}
        }
    }

    fn put(&mut self, digest: &OpDigest, index: i64, state: State) {
        self.outputs.insert((digest.to_string(), index), state);
    }

    /// The state behind an input of `op`, with fresh metadata; scratch for -1.
    fn input(&self, op: &pb::Op, number: i64) -> State {
        let Ok(number) = usize::try_from(number) else {
            return State::scratch();
        };
        let input = &op.inputs[number];
        let output = &self.outputs[&(input.digest.clone(), input.index)];
        State::scratch().with_output_of(output)
    }

    /// Everything but capabilities.
    fn constraints(&self, digest: &OpDigest, op: &pb::Op) -> Constraints {
        let metadata = metadata(self.definition, digest).unwrap().as_ref().clone();
        let mut constraints = Constraints::new();
        if let Some(platform) = &op.platform {
            constraints = constraints.platform(Platform::from(platform));
        }
        *metadata_of(&mut constraints) = with!(metadata, caps = Caps::new());
        let source = source(self.definition).expect("a source");
        for location in source.locations.get(digest).into_iter().flatten() {
            let map = &self.maps[location.source_index as usize];
            constraints = constraints.location(map.location(location.ranges.iter()));
        }
        constraints
    }

    fn exec(
        &mut self,
        digest: &OpDigest,
        op: &pb::Op,
        exec: &pb::ExecOp,
        constraints: Constraints,
    ) {
        let meta = exec.meta.clone().expect("a process");
        let mut base = State::scratch().with_dir(&meta.cwd).with_user(&meta.user);
        let mut options = with!(
            RunOptions::default(),
            args = meta.args,
            proxy = meta.proxy_env.map(|it| {
                let (http_proxy, https_proxy) = (it.http_proxy, it.https_proxy);
                let (ftp_proxy, no_proxy, all_proxy) = (it.ftp_proxy, it.no_proxy, it.all_proxy);
                ProxyEnv {
                    http_proxy,
                    https_proxy,
                    ftp_proxy,
                    no_proxy,
                    all_proxy,
                }
                .into()
            }),
            network = NetMode::try_from(exec.network).ok(),
            security = SecurityMode::try_from(exec.security).ok(),
            hostname = Some(meta.hostname),
            cgroup_parent = Some(meta.cgroup_parent),
            extra_hosts = meta
                .extra_hosts
                .into_iter()
                .map(|it| HostIp {
                    host: it.host,
                    ip: it.ip
                })
                .collect(),
            ulimits = meta
                .ulimit
                .into_iter()
                .map(|it| Ulimit {
                    name: it.name,
                    soft: it.soft,
                    hard: it.hard
                })
                .collect(),
            cdi_devices = exec
                .cdi_devices
                .iter()
                .map(|it| CdiDevice {
                    name: it.name.clone(),
                    optional: it.optional
                })
                .collect(),
            constraints
        );
        let mut outputs = Vec::new();
        for mount in &exec.mounts {
            if mount.output >= 0 && mount.mount_type() == pb::MountType::Bind {
                outputs.push((mount.output, mount.dest.clone()));
            }
            let source = self.input(op, mount.input);
            if mount.dest == "/" {
                base = base.with_output_of(&source);
                options.readonly_root = mount.readonly;
                continue;
            }
            add_mount(&mut options, mount, &source);
        }
        for secret in &exec.secretenv {
            add_secret_env(&mut options, secret);
        }
        for pair in &meta.env {
            let (key, value) = pair.split_once('=').expect("key and value");
            let socket = options.ssh.first().and_then(|ssh| ssh.target.as_deref());
            // What the builder adds by itself is left to it.
            if key != "SSH_AUTH_SOCK" || socket != Some(value) {
                base = base.with_env(key, value);
            }
        }
        let result = base.run(options);
        for (index, dest) in outputs {
            let state = result.mount(&dest).expect("a mount with output");
            self.put(digest, index, state);
        }
        if exec.mounts[0].readonly {
            return;
        }
        self.put(digest, exec.mounts[0].output, result.root());
    }

    fn file(
        &mut self,
        digest: &OpDigest,
        op: &pb::Op,
        file: &pb::FileOp,
        constraints: Constraints,
    ) {
        let base = self.input(op, file.actions[0].input);
        let mut action = FileAction::new();
        for (number, part) in file.actions.iter().enumerate() {
            if number > 0 {
                let before = op.inputs.len() as i64 + number as i64 - 1;
                assert_eq!(part.input, before, "a chain");
            }
            action = match part.action.clone().expect("an action") {
                Action::Copy(copy) => {
                    let source = self.input(op, part.secondary_input);
                    let options = copy_options(&copy);
                    action.copy(&source, copy.src, copy.dest, options)
                }
                Action::Mkfile(mkfile) => action.mkfile(
                    mkfile.path,
                    mkfile.mode.cast_unsigned(),
                    mkfile.data,
                    with!(
                        FileOptions::default(),
                        owner = owner(mkfile.owner),
                        created = created(mkfile.timestamp)
                    ),
                ),
                Action::Mkdir(mkdir) => action.mkdir(
                    mkdir.path,
                    mkdir.mode.cast_unsigned(),
                    with!(
                        MkdirOptions::default(),
                        make_parents = mkdir.make_parents,
                        owner = owner(mkdir.owner),
                        created = created(mkdir.timestamp)
                    ),
                ),
                other => panic!("not recorded so far: {other:?}"),
            };
        }
        self.put(digest, 0, base.file(action, constraints));
    }
}

fn add_mount(options: &mut RunOptions, mount: &pb::Mount, source: &State) {
    match mount.mount_type() {
        pb::MountType::Secret => {
            let opt = mount.secret_opt.clone().expect("a secret");
            options.secrets.push(with!(
                Secret::new(opt.id),
                target = Some(mount.dest.clone()),
                mode = opt.mode,
                uid = opt.uid,
                gid = opt.gid,
                optional = opt.optional
            ));
        }
        pb::MountType::Ssh => {
            let opt = mount.ssh_opt.clone().expect("an agent");
            options.ssh.push(with!(
                SshSocket::new(opt.id),
                target = Some(mount.dest.clone()),
                mode = opt.mode,
                uid = opt.uid,
                gid = opt.gid,
                optional = opt.optional
            ));
        }
        kind => {
            let mut built = match kind {
                pb::MountType::Cache => {
                    let opt = mount.cache_opt.clone().expect("a cache");
                    let sharing = CacheSharing::try_from(opt.sharing).unwrap();
                    Mount::cache(mount.dest.as_str(), source, opt.id, sharing)
                }
                pb::MountType::Tmpfs => Mount::tmpfs(
                    mount.dest.as_str(),
                    mount.tmpfs_opt.as_ref().map_or(0, |opt| opt.size),
                ),
                _ => Mount::bind(mount.dest.as_str(), source),
            };
            built.readonly = mount.readonly;
            built.no_output = mount.output < 0;
            built.content_cache = MountContentCache::try_from(mount.content_cache).unwrap();
            options.mounts.push(built.selector(mount.selector.as_str()));
        }
    }
}

/// A secret that is both file and variable was one call.
fn add_secret_env(options: &mut RunOptions, env: &pb::SecretEnv) {
    let known = options
        .secrets
        .iter_mut()
        .find(|secret| secret.id == env.id && secret.env.is_none());
    match known {
        Some(secret) => secret.env = Some(env.name.clone()),
        None => options.secrets.push(with!(
            Secret::new(env.id.as_str()),
            env = Some(env.name.clone()),
            optional = env.optional
        )),
    }
}

fn copy_options(copy: &pb::FileActionCopy) -> CopyOptions {
    with!(
        CopyOptions::default(),
        mode = match (copy.mode, copy.mode_str.as_str()) {
            (-1, _) => None,
            (mode, "") => Some(Chmod::Mode(mode.cast_unsigned())),
            (_, text) => Some(Chmod::Text(text.to_owned())),
        },
        follow_symlinks = copy.follow_symlink,
        copy_dir_contents_only = copy.dir_copy_contents,
        include_patterns = copy.include_patterns.clone(),
        exclude_patterns = copy.exclude_patterns.clone(),
        required_paths = copy.required_paths.clone(),
        attempt_unpack = copy.attempt_unpack_docker_compatibility,
        create_dest_path = copy.create_dest_path,
        allow_wildcard = copy.allow_wildcard,
        allow_empty_wildcard = copy.allow_empty_wildcard,
        owner = owner(copy.owner.clone()),
        created = created(copy.timestamp),
        always_replace_existing_dest_paths = copy.always_replace_existing_dest_paths
    )
}

fn created(timestamp: i64) -> Option<i64> {
    (timestamp != -1).then_some(timestamp)
}

fn owner(owner: Option<pb::ChownOpt>) -> Option<ChownOpt> {
    let user = |user: pb::UserOpt| match user.user.expect("a user") {
        User::ByName(named) => UserOpt::Name(named.name),
        User::ById(id) => UserOpt::Id(id),
    };
    owner.map(|owner| ChownOpt {
        user: owner.user.map(user),
        group: owner.group.map(user),
    })
}

fn source_state(source: &pb::SourceOp, constraints: Constraints) -> State {
    let attrs = Attrs(&source.attrs);
    let (scheme, rest) = source.identifier.split_once("://").expect("a scheme");
    match scheme {
        "docker-image" => State::image(
            rest,
            with!(
                ImageOptions::default(),
                resolve_mode = match attrs.get("image.resolvemode").as_str() {
                    "pull" => ResolveMode::ForcePull,
                    "local" => ResolveMode::PreferLocal,
                    _ => ResolveMode::Default,
                },
                checksum = attrs.get("image.checksum"),
                record_type = attrs.get("image.recordtype"),
                constraints
            ),
        ),
        "oci-layout" => State::oci_layout(
            rest,
            with!(
                OciLayoutOptions::default(),
                store = OciStore {
                    session_id: attrs.get("oci.session"),
                    store_id: attrs.get("oci.store"),
                },
                layer_limit = None,
                constraints
            ),
        ),
        "local" => local(rest, &attrs, constraints),
        "git" => git(rest, &attrs, constraints),
        _ => State::http(
            &source.identifier,
            with!(
                HttpOptions::default(),
                checksum = attrs.get("http.checksum"),
                filename = attrs.get("http.filename"),
                mode = u32::from_str_radix(&attrs.get("http.perm"), 8).unwrap_or(0),
                uid = attrs.get("http.uid").parse().unwrap_or(0),
                gid = attrs.get("http.gid").parse().unwrap_or(0),
                auth_header_secret = attrs.get("http.authheadersecret"),
                constraints
            ),
        ),
    }
}

struct Attrs<'a>(&'a [Entry<String>]);

impl Attrs<'_> {
    fn get(&self, key: &str) -> String {
        let entry = self.0.iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.value.clone()).unwrap_or_default()
    }

    fn list(&self, key: &str) -> Vec<String> {
        match self.get(key).as_str() {
            "" => Vec::new(),
            json => serde_json::from_str(json).expect("a list"),
        }
    }
}

fn local(name: &str, attrs: &Attrs<'_>, constraints: Constraints) -> State {
    let diff_type = match attrs.get("local.differ").as_str() {
        "none" => Some(DiffType::None),
        "metadata" => Some(DiffType::Metadata),
        _ => None,
    };
    State::local(
        name,
        with!(
            LocalOptions::default(),
            session_id = attrs.get("local.session"),
            shared_key_hint = attrs.get("local.sharedkeyhint"),
            include_patterns = attrs.list("local.includepattern"),
            exclude_patterns = attrs.list("local.excludepatterns"),
            follow_paths = attrs.list("local.followpaths"),
            differ = diff_type.map(|diff_type| Differ {
                diff_type,
                required: false,
            }),
            metadata_only = None,
            constraints
        ),
    )
}

fn git(name: &str, attrs: &Attrs<'_>, constraints: Constraints) -> State {
    let (place, fragment) = name.split_once('#').unwrap_or((name, ""));
    let (reference, subdir) = fragment.split_once(':').unwrap_or((fragment, ""));
    let (host, path) = place.split_once('/').expect("host and path");
    let url = attrs.get("git.fullurl");
    let scheme = match attrs.get("git.mountsshsock").is_empty() {
        true => "https",
        false => "ssh",
    };
    let remote = with!(
        GitRemote::default(),
        scheme = scheme.to_owned(),
        host = host.to_owned(),
        path = path.to_owned(),
        url
    );
    State::git(
        &remote,
        with!(
            GitOptions::default(),
            reference = reference.to_owned(),
            subdir = subdir.to_owned(),
            keep_git_dir = attrs.get("git.keepgitdir") == "true",
            checksum = attrs.get("git.checksum"),
            skip_submodules = attrs.get("git.skipsubmodules") == "true",
            mtime = attrs.get("git.mtime"),
            fetch_by_commit = attrs.get("git.fetchbycommit") == "true",
            constraints
        ),
    )
}
