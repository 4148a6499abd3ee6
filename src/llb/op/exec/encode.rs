//! The bytes of exec ops (`pb.ExecOp`, field 2 of `pb.Op`).

use super::super::super::encoder::Encoder;
use super::super::super::few::Few;
use super::super::super::marshal::MarshalError;
use super::super::super::vertex::Vertex;
use super::super::super::wire::{Writer, varint_len};
use super::{ExecOp, MountKind, Mounted, SshSocket};
use crate::llb::caps;
use crate::pb::ops::{MountType, ProxyEnv};

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
        let inputs: Few<i64> = inputs
            .map(|input| input.map_or(-1, |place| cx.input(place)))
            .collect();
        let default_path = self.default_path(vertex, cx);
        cx.write_head_with_platform(vertex);
        let rare = self.rare();
        cx.writer.message(2, |w| {
            w.message(1, |w| self.encode_meta(w, default_path));
            for (mount, input) in self.mounts().zip(&inputs) {
                w.message(2, |w| encode_mount(w, &mount, *input));
            }
            self.encode_secret_files(w);
            for socket in &rare.ssh {
                w.message(2, |w| encode_ssh(w, socket));
            }
            let container = self.meta.container();
            w.int64(3, i64::from(i32::from(container.network)));
            w.int64(4, i64::from(i32::from(container.security)));
            for secret in &rare.secrets {
                if let Some(name) = &secret.env {
                    w.message(5, |w| {
                        w.string(1, &secret.id);
                        w.string(2, name);
                        w.bool(3, secret.optional);
                    });
                }
            }
            for device in &rare.cdi_devices {
                w.message(6, |w| {
                    w.string(1, &device.name);
                    w.bool(2, device.optional);
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
        w.strings(2, meta.env.pairs());
        if let Some(target) = self
            .rare()
            .ssh
            .first()
            .and_then(|socket| socket.target.as_deref())
            && meta.env.get(SSH_AUTH_SOCK).is_none()
        {
            w.strings(2, [format!("{SSH_AUTH_SOCK}={target}")]);
        }
        w.strings(2, default_path);
        w.string(3, &meta.dir);
        w.string(4, &meta.user);
        if let Some(proxy) = &self.rare().proxy {
            w.message(5, |w| encode_proxy(w, proxy));
        }
        for host in &container.extra_hosts {
            w.message(6, |w| {
                w.string(1, &host.host);
                w.string(2, &host.ip);
            });
        }
        w.string(7, &container.hostname);
        for ulimit in &container.ulimits {
            w.message(9, |w| {
                w.string(1, &ulimit.name);
                w.int64(2, ulimit.soft);
                w.int64(3, ulimit.hard);
            });
        }
        w.string(10, &container.cgroup_parent);
        w.bool(11, true);
        let codes = container.valid_exit_codes.as_deref().unwrap_or_default();
        w.packed(12, codes.iter().map(|&code| i64::from(code)));
    }

    fn encode_secret_files(&self, w: &mut Writer) {
        for secret in &self.rare().secrets {
            let Some(target) = &secret.target else {
                continue;
            };
            w.message(2, |w| {
                w.int64(1, -1);
                w.string(3, target);
                w.int64(6, MountType::Secret as i64);
                w.message(21, |w| {
                    w.string(1, &secret.id);
                    w.uint64(2, secret.uid.into());
                    w.uint64(3, secret.gid.into());
                    w.uint64(4, secret.mode.into());
                    w.bool(5, secret.optional);
                });
            });
        }
    }
}

/// Program and arguments of a process, as fields of `pb.Meta`.
pub(super) fn args<S: AsRef<str>>(args: &[S]) -> Box<[u8]> {
    let bytes = args.iter().map(|arg| arg.as_ref().len());
    let bytes = bytes.map(|len| 1 + varint_len(len) + len);
    let mut writer = Writer::with_capacity(bytes.sum());
    writer.strings(1, args);
    writer.into_bytes().into()
}

fn encode_mount(w: &mut Writer, mount: &Mounted<'_>, input: i64) {
    w.int64(1, input);
    w.string(2, mount.selector);
    w.string(3, mount.target);
    w.int64(4, mount.output);
    w.bool(5, mount.readonly);
    match mount.kind {
        MountKind::Cache { id, sharing } if !id.is_empty() => {
            w.int64(6, MountType::Cache as i64);
            w.message(20, |w| {
                w.string(1, id);
                w.int64(2, i64::from(i32::from(*sharing)));
            });
        }
        MountKind::Tmpfs { size } => {
            w.int64(6, MountType::Tmpfs as i64);
            w.message(19, |w| w.int64(1, *size));
        }
        MountKind::Bind | MountKind::Cache { .. } => {}
    }
    w.int64(24, i64::from(i32::from(mount.content_cache)));
}

fn encode_ssh(w: &mut Writer, socket: &SshSocket) {
    w.int64(1, -1);
    w.string(3, socket.target.as_deref().unwrap_or_default());
    w.int64(6, MountType::Ssh as i64);
    w.message(22, |w| {
        w.string(1, &socket.id);
        w.uint64(2, socket.uid.into());
        w.uint64(3, socket.gid.into());
        w.uint64(4, socket.mode.into());
        w.bool(5, socket.optional);
    });
}

fn encode_proxy(w: &mut Writer, proxy: &ProxyEnv) {
    w.string(1, &proxy.http_proxy);
    w.string(2, &proxy.https_proxy);
    w.string(3, &proxy.ftp_proxy);
    w.string(4, &proxy.no_proxy);
    w.string(5, &proxy.all_proxy);
}
