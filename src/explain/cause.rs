//! What about a step itself is different.

use std::collections::BTreeMap;

use super::origin::{self, Setting};
use super::steps::{ExplainedStep, NewStep, OldStep, Steps};
use crate::collect::CollectSmall as _;
use crate::llb::{CacheSharing, NetMode, SecurityMode, SourceScheme};
use crate::pb::ops::{self as pb, file_action::Action, op::Op};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What differs: `command`, `env VERSION`, `image`, `sources`, …
    pub field: String,
    /// Its value before; none if it did not exist.
    pub old: Option<String>,
    /// Its value now; none if it does not exist.
    pub new: Option<String>,
    /// The instruction that sets it: `ARG VERSION, line 3`.
    pub by: Option<String>,
}

/// All differences of two versions of a step; none if both do the same.
pub(super) fn causes(
    old: &ExplainedStep<OldStep>,
    new: &ExplainedStep<NewStep>,
    before: &Steps<OldStep>,
    after: &Steps<NewStep>,
) -> Vec<Cause> {
    if old.op == new.op {
        return Vec::new();
    }
    let mut found = Differences::default();
    match (&old.op.op, &new.op.op) {
        (Some(Op::Exec(a)), Some(Op::Exec(b))) => exec(a, b, &mut found),
        (Some(Op::Source(a)), Some(Op::Source(b))) => source(a, b, &mut found),
        (Some(Op::File(a)), Some(Op::File(b))) => file(a, b, &mut found),
        _ => {}
    }
    found.compare("platform", platform(&old.op), platform(&new.op));
    if found.0.is_empty() {
        found.0.push(Difference {
            setting: None,
            cause: Cause {
                field: "instruction".to_owned(),
                old: Some(old.code.clone()),
                new: Some(new.code.clone()),
                by: None,
            },
        });
    }
    let origin = |difference: Difference| {
        let Difference { setting, mut cause } = difference;
        if let Some(setting) = setting {
            cause.by = match (&cause.new, &cause.old) {
                (Some(_), _) => origin::find(after, new, &setting),
                _ => origin::find(before, old, &setting),
            };
        }
        cause
    };
    found.0.into_iter().map(origin).collect()
}

struct Difference {
    setting: Option<Setting>,
    cause: Cause,
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn compare(&mut self, field: &str, old: String, new: String) {
        self.compare_set(field, old, new, None);
    }

    fn compare_set(&mut self, field: &str, old: String, new: String, setting: Option<Setting>) {
        if old != new {
            let some = |text: String| Some(text).filter(|text| !text.is_empty());
            let cause = Cause {
                field: field.to_owned(),
                old: some(old),
                new: some(new),
                by: None,
            };
            self.0.push(Difference { setting, cause });
        }
    }

    /// Lists of which only the entries that differ are told.
    fn compare_lists(&mut self, field: &str, old: &[String], new: &[String]) {
        let only = |list: &[String], other: &[String]| {
            let own = list.iter().filter(|text| !other.contains(text));
            own.cloned().collect::<Vec<_>>().join(", ")
        };
        match (only(old, new), only(new, old)) {
            (a, b) if a == b => self.compare(field, old.join(", "), new.join(", ")),
            (a, b) => self.compare(field, a, b),
        }
    }
}

fn platform(op: &pb::Op) -> String {
    let Some(platform) = &op.platform else {
        return String::new();
    };
    let parts = [&platform.os, &platform.architecture, &platform.variant];
    let parts = parts.map(String::as_str);
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

fn exec(old: &pb::ExecOp, new: &pb::ExecOp, found: &mut Differences) {
    let none = pb::Meta::default();
    let (a, b) = (
        old.meta.as_ref().unwrap_or(&none),
        new.meta.as_ref().unwrap_or(&none),
    );
    let command = |meta: &pb::Meta| meta.args.last().cloned().unwrap_or_default();
    let shell = |meta: &pb::Meta| {
        let rest = meta.args.len().saturating_sub(1);
        meta.args
            .iter()
            .take(rest)
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    found.compare("command", command(a), command(b));
    found.compare_set("shell", shell(a), shell(b), Some(Setting::Shell));
    environment(&a.env, &b.env, found);
    found.compare_set(
        "directory",
        a.cwd.clone(),
        b.cwd.clone(),
        Some(Setting::Workdir),
    );
    found.compare_set("user", a.user.clone(), b.user.clone(), Some(Setting::User));
    let mounts = |exec: &pb::ExecOp| exec.mounts.iter().map(mount).collect::<Vec<_>>();
    found.compare_lists("mounts", &mounts(old), &mounts(new));
    let network = |exec: &pb::ExecOp| match NetMode::try_from(exec.network) {
        Ok(NetMode::Host) => "host".to_owned(),
        Ok(NetMode::None) => "none".to_owned(),
        _ => "default".to_owned(),
    };
    found.compare("network", network(old), network(new));
    let security = |exec: &pb::ExecOp| match SecurityMode::try_from(exec.security) {
        Ok(SecurityMode::Insecure) => "insecure".to_owned(),
        _ => "sandbox".to_owned(),
    };
    found.compare("security", security(old), security(new));
    let hosts = |meta: &pb::Meta| {
        let hosts = meta.extra_hosts.iter();
        hosts
            .map(|it| format!("{}={}", it.host, it.ip))
            .collect::<Vec<_>>()
    };
    found.compare_lists("hosts", &hosts(a), &hosts(b));
    found.compare("host name", a.hostname.clone(), b.hostname.clone());
    let secrets = |exec: &pb::ExecOp| {
        let secrets = exec.secretenv.iter();
        secrets
            .map(|it| format!("{} as {}", it.id, it.name))
            .collect::<Vec<_>>()
    };
    found.compare_lists("secrets", &secrets(old), &secrets(new));
    let limits = |meta: &pb::Meta| {
        let limits = meta.ulimit.iter();
        limits
            .map(|it| format!("{}={}:{}", it.name, it.soft, it.hard))
            .collect::<Vec<_>>()
    };
    found.compare_lists("limits", &limits(a), &limits(b));
}

/// Variables, one by one.
fn environment(old: &[String], new: &[String], found: &mut Differences) {
    let split = |entries: &[String]| {
        let mut map = BTreeMap::new();
        for entry in entries {
            let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
            map.insert(key.to_owned(), value.to_owned());
        }
        map
    };
    let (a, b) = (split(old), split(new));
    let names = keys(&a, &b);
    for name in names.iter().filter(|name| a.get(**name) != b.get(**name)) {
        let cause = Cause {
            field: format!("env {name}"),
            old: a.get(*name).cloned(),
            new: b.get(*name).cloned(),
            by: None,
        };
        let setting = Some(Setting::Variable((*name).clone()));
        found.0.push(Difference { setting, cause });
    }
    if a == b {
        found.compare("order of variables", old.join(" "), new.join(" "));
    }
}

/// The keys of both: those of the first, then what only the second has.
fn keys<'m>(a: &'m BTreeMap<String, String>, b: &'m BTreeMap<String, String>) -> Vec<&'m String> {
    let new = b.keys().filter(|key| !a.contains_key(*key));
    a.keys().chain(new).collect()
}

fn mount(mount: &pb::Mount) -> String {
    let kind = match pb::MountType::try_from(mount.mount_type) {
        Ok(pb::MountType::Secret) => "secret",
        Ok(pb::MountType::Ssh) => "ssh",
        Ok(pb::MountType::Cache) => "cache",
        Ok(pb::MountType::Tmpfs) => "tmpfs",
        _ => "bind",
    };
    let mut text = format!("{kind} {}", mount.dest);
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!(" {name}={value}"));
        }
    };
    add("source", &mount.selector);
    if let Some(cache) = &mount.cache_opt {
        add("id", &cache.id);
        let sharing = match CacheSharing::try_from(cache.sharing) {
            Ok(CacheSharing::Private) => "private",
            Ok(CacheSharing::Locked) => "locked",
            _ => "",
        };
        add("sharing", sharing);
    }
    if let Some(secret) = &mount.secret_opt {
        add("id", &secret.id);
    }
    if let Some(ssh) = &mount.ssh_opt {
        add("id", &ssh.id);
    }
    if let Some(tmpfs) = &mount.tmpfs_opt {
        add("size", &tmpfs.size.to_string());
    }
    if mount.readonly {
        text.push_str(" read-only");
    }
    text
}

fn source(old: &pb::SourceOp, new: &pb::SourceOp, found: &mut Differences) {
    let name = |identifier: &str| match SourceScheme::split(identifier) {
        (SourceScheme::Image | SourceScheme::Git, name) => name.to_owned(),
        _ => identifier.to_owned(),
    };
    let (a, b) = (name(&old.identifier), name(&new.identifier));
    // Of the same name with another pin, the pin is what changed.
    let pin = |name: &str| {
        let at = name.find(['@', '#']);
        at.map_or((name.to_owned(), String::new()), |at| {
            let (name, pin) = name.split_at(at);
            (
                name.to_owned(),
                pin.trim_start_matches(['@', '#']).to_owned(),
            )
        })
    };
    let (pin_a, pin_b) = (pin(&a), pin(&b));
    let scheme = SourceScheme::of(&new.identifier);
    let is_image = scheme == SourceScheme::Image;
    let kind = match scheme {
        SourceScheme::Image => "image",
        SourceScheme::Git => "repository",
        SourceScheme::Http => "address",
        _ => "source",
    };
    match pin_a.0 == pin_b.0 {
        true if is_image => found.compare("digest of the image", pin_a.1, pin_b.1),
        true => found.compare("revision", pin_a.1, pin_b.1),
        false => found.compare(kind, a, b),
    }
    let attrs = |source: &pb::SourceOp| {
        let attrs = source.attrs.iter();
        attrs
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect_small::<BTreeMap<_, _>>()
    };
    let (a, b) = (attrs(old), attrs(new));
    for name in keys(&a, &b) {
        let value = |attrs: &BTreeMap<String, String>| attrs.get(name).cloned().unwrap_or_default();
        found.compare(name, value(&a), value(&b));
    }
}

fn file(old: &pb::FileOp, new: &pb::FileOp, found: &mut Differences) {
    let (a, b) = (Files::of(old), Files::of(new));
    found.compare_lists("sources", &a.sources, &b.sources);
    for (field, a, b) in [
        ("destination", &a.paths, &b.paths),
        ("content", &a.contents, &b.contents),
        ("owner", &a.owners, &b.owners),
        ("mode", &a.modes, &b.modes),
        ("patterns", &a.patterns, &b.patterns),
        ("times", &a.times, &b.times),
    ] {
        found.compare_lists(field, a, b);
    }
    if found.0.is_empty() && old != new {
        found.compare(
            "flags",
            format!("{} actions", old.actions.len()),
            String::new(),
        );
    }
}

/// What a file op does, field by field.
#[derive(Default)]
struct Files {
    sources: Vec<String>,
    paths: Vec<String>,
    contents: Vec<String>,
    owners: Vec<String>,
    modes: Vec<String>,
    patterns: Vec<String>,
    times: Vec<String>,
}

impl Files {
    fn of(op: &pb::FileOp) -> Self {
        let mut files = Files::default();
        for action in op
            .actions
            .iter()
            .filter_map(|action| action.action.as_ref())
        {
            files.add(action);
        }
        for list in [
            &mut files.paths,
            &mut files.owners,
            &mut files.modes,
            &mut files.patterns,
            &mut files.times,
        ] {
            list.dedup();
        }
        files
    }

    fn add(&mut self, action: &Action) {
        let (path, owner, mode, time) = match action {
            Action::Copy(it) => {
                self.sources.push(it.src.clone());
                let exclude = it.exclude_patterns.iter().map(|it| format!("!{it}"));
                self.patterns.extend(it.include_patterns.iter().cloned());
                self.patterns.extend(exclude);
                if !it.mode_str.is_empty() {
                    self.modes.push(it.mode_str.clone());
                }
                (&it.dest, &it.owner, it.mode, it.timestamp)
            }
            Action::Mkfile(it) => {
                let text = String::from_utf8_lossy(&it.data).into_owned();
                self.contents.push(text);
                (&it.path, &it.owner, it.mode, it.timestamp)
            }
            Action::Mkdir(it) => (&it.path, &it.owner, it.mode, it.timestamp),
            Action::Rm(it) => (&it.path, &None, -1, -1),
            Action::Symlink(it) => {
                self.sources.push(it.oldpath.clone());
                (&it.newpath, &it.owner, -1, it.timestamp)
            }
        };
        self.paths.push(path.clone());
        if let Some(owner) = owner {
            self.owners.push(owned_by(owner));
        }
        if mode >= 0 {
            self.modes.push(format!("{mode:o}"));
        }
        if time >= 0 {
            self.times.push(time.to_string());
        }
    }
}

fn owned_by(owner: &pb::ChownOpt) -> String {
    let name = |user: &Option<pb::UserOpt>| match user.as_ref().and_then(|it| it.user.as_ref()) {
        Some(pb::user_opt::User::ByName(named)) => named.name.clone(),
        Some(pb::user_opt::User::ById(id)) => id.to_string(),
        None => String::new(),
    };
    format!("{}:{}", name(&owner.user), name(&owner.group))
}
