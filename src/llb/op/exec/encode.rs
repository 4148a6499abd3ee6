//! The bytes of exec ops (`pb.ExecOp`).

use super::super::super::encoder::Encoder;
use super::super::super::marshal::MarshalError;
use super::super::super::one_or_many::OneOrMany;
use super::super::super::vertex::Vertex;
use super::super::super::wire::{Writer, element_len};
use super::{ExecOp, MountKind, Mounted, SshSocket};
use crate::llb::caps;
use crate::llb::values::ProxyEnv;
use crate::pb::ops::{MountType, field, op};

/// `PATH` of a process whose environment has none, where the daemon does not add it.
const DEFAULT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const SSH_AUTH_SOCK: &str = "SSH_AUTH_SOCK";

impl ExecOp {
    pub(crate) fn encode(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Result<(), MarshalError> {
        if self.args.is_empty() {
            return Err(MarshalError::ArgumentsRequired);
        }
        if self.meta.dir.is_empty() {
            return Err(MarshalError::DirectoryRequired);
        }
        let filled = |mount: Mounted<'_>| mount.kind.is_tmpfs() && mount.input.is_some();
        if self.mounts().any(filled) {
            return Err(MarshalError::TmpfsWithSource);
        }
        let inputs = self.mounts().map(|mount| mount.input);
        let inputs: OneOrMany<i64> = inputs
            .map(|input| input.map_or(-1, |place| cx.input(place)))
            .collect();
        let default_path = self.default_path(vertex, cx);
        cx.write_head_with_platform(vertex);
        let rare = self.rare();
        cx.writer.message(op::Field::Exec, |w| {
            w.message(field::ExecOp::meta, |w| self.encode_meta(w, default_path));
            for (mount, input) in self.mounts().zip(&inputs) {
                w.message(field::ExecOp::mounts, |w| encode_mount(w, &mount, *input));
            }
            self.encode_secret_files(w);
            for socket in &rare.ssh {
                w.message(field::ExecOp::mounts, |w| encode_ssh(w, socket));
            }
            let container = self.meta.container();
            w.int64(field::ExecOp::network, i64::from(container.network as i32));
            w.int64(
                field::ExecOp::security,
                i64::from(container.security as i32),
            );
            for secret in &rare.secrets {
                if let Some(name) = &secret.env {
                    w.message(field::ExecOp::secretenv, |w| {
                        w.string(field::SecretEnv::id, &secret.id);
                        w.string(field::SecretEnv::name, name);
                        w.bool(field::SecretEnv::optional, secret.optional);
                    });
                }
            }
            for device in &rare.cdi_devices {
                w.message(field::ExecOp::cdi_devices, |w| {
                    w.string(field::CdiDevice::name, &device.name);
                    w.bool(field::CdiDevice::optional, device.optional);
                });
            }
        });
        Ok(())
    }

    /// The variable that must be added because the daemon would not.
    fn default_path(&self, vertex: &Vertex, cx: &mut Encoder<'_>) -> Option<&'static str> {
        if cx.options.caps.supports(caps::EXEC_META_SETS_DEFAULT_PATH) {
            return None;
        }
        cx.metadata(vertex)
            .caps
            .remove(caps::EXEC_META_SETS_DEFAULT_PATH);
        let wanted = cx.options.caps.checked()
            && cx.options.platform.os != "windows"
            && self.meta.env.get("PATH").is_none();
        wanted.then_some(DEFAULT_PATH)
    }

    fn encode_meta(&self, w: &mut Writer, default_path: Option<&str>) {
        let meta = &*self.meta;
        let container = meta.container();
        w.raw(&self.args);
        w.strings(field::Meta::env, meta.env.pairs());
        if let Some(target) = self
            .rare()
            .ssh
            .first()
            .and_then(|socket| socket.target.as_deref())
            && meta.env.get(SSH_AUTH_SOCK).is_none()
        {
            w.strings(field::Meta::env, [format!("{SSH_AUTH_SOCK}={target}")]);
        }
        w.strings(field::Meta::env, default_path);
        w.string(field::Meta::cwd, &meta.dir);
        w.string(field::Meta::user, &meta.user);
        if let Some(proxy) = &self.rare().proxy {
            w.message(field::Meta::proxy_env, |w| encode_proxy(w, proxy));
        }
        for host in &container.extra_hosts {
            w.message(field::Meta::extra_hosts, |w| {
                w.string(field::HostIp::host, &host.host);
                w.string(field::HostIp::ip, &host.ip);
            });
        }
        w.string(field::Meta::hostname, &container.hostname);
        for ulimit in &container.ulimits {
            w.message(field::Meta::ulimit, |w| {
                w.string(field::Ulimit::name, &ulimit.name);
                w.int64(field::Ulimit::soft, ulimit.soft);
                w.int64(field::Ulimit::hard, ulimit.hard);
            });
        }
        w.string(field::Meta::cgroup_parent, &container.cgroup_parent);
        w.bool(field::Meta::remove_mount_stubs_recursive, true);
        let codes = container.valid_exit_codes.as_deref().unwrap_or_default();
        w.packed(
            field::Meta::valid_exit_codes,
            codes.iter().map(|&code| i64::from(code)),
        );
    }

    fn encode_secret_files(&self, w: &mut Writer) {
        for secret in &self.rare().secrets {
            let Some(target) = &secret.target else {
                continue;
            };
            w.message(field::ExecOp::mounts, |w| {
                w.int64(field::Mount::input, -1);
                w.string(field::Mount::dest, target);
                w.int64(field::Mount::mount_type, MountType::Secret as i64);
                w.message(field::Mount::secret_opt, |w| {
                    w.string(field::SecretOpt::id, &secret.id);
                    w.uint64(field::SecretOpt::uid, secret.uid.into());
                    w.uint64(field::SecretOpt::gid, secret.gid.into());
                    w.uint64(field::SecretOpt::mode, secret.mode.into());
                    w.bool(field::SecretOpt::optional, secret.optional);
                });
            });
        }
    }
}

/// Program and arguments of a process, as fields of `pb.Meta`.
pub(super) fn args<S: AsRef<str>>(args: &[S]) -> Box<[u8]> {
    let bytes = args.iter().map(|arg| element_len(arg.as_ref().len()));
    let mut writer = Writer::with_capacity(bytes.sum());
    writer.strings(field::Meta::args, args);
    writer.into_bytes().into()
}

fn encode_mount(w: &mut Writer, mount: &Mounted<'_>, input: i64) {
    w.int64(field::Mount::input, input);
    w.string(field::Mount::selector, mount.selector);
    w.string(field::Mount::dest, mount.target);
    w.int64(field::Mount::output, mount.output);
    w.bool(field::Mount::readonly, mount.readonly);
    match mount.kind {
        MountKind::Cache { id, sharing } if !id.is_empty() => {
            w.int64(field::Mount::mount_type, MountType::Cache as i64);
            w.message(field::Mount::cache_opt, |w| {
                w.string(field::CacheOpt::id, id);
                w.int64(field::CacheOpt::sharing, i64::from(*sharing as i32));
            });
        }
        MountKind::Tmpfs { size } => {
            w.int64(field::Mount::mount_type, MountType::Tmpfs as i64);
            w.message(field::Mount::tmpfs_opt, |w| {
                w.int64(field::TmpfsOpt::size, *size)
            });
        }
        MountKind::Bind | MountKind::Cache { .. } => {}
    }
    w.int64(
        field::Mount::content_cache,
        i64::from(mount.content_cache as i32),
    );
}

fn encode_ssh(w: &mut Writer, socket: &SshSocket) {
    w.int64(field::Mount::input, -1);
    w.string(
        field::Mount::dest,
        socket.target.as_deref().unwrap_or_default(),
    );
    w.int64(field::Mount::mount_type, MountType::Ssh as i64);
    w.message(field::Mount::ssh_opt, |w| {
        w.string(field::SshOpt::id, &socket.id);
        w.uint64(field::SshOpt::uid, socket.uid.into());
        w.uint64(field::SshOpt::gid, socket.gid.into());
        w.uint64(field::SshOpt::mode, socket.mode.into());
        w.bool(field::SshOpt::optional, socket.optional);
    });
}

fn encode_proxy(w: &mut Writer, proxy: &ProxyEnv) {
    w.string(field::ProxyEnv::http_proxy, &proxy.http_proxy);
    w.string(field::ProxyEnv::https_proxy, &proxy.https_proxy);
    w.string(field::ProxyEnv::ftp_proxy, &proxy.ftp_proxy);
    w.string(field::ProxyEnv::no_proxy, &proxy.no_proxy);
    w.string(field::ProxyEnv::all_proxy, &proxy.all_proxy);
}
