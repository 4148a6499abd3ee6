//! How the client wants processes to run.

use std::sync::Arc;

use super::ClientOptions;
use crate::llb::{HostIp, Mount, NetMode, RunOptions, caps, proxy_of_args};

impl ClientOptions {
    /// A process that runs `args` the way the client wants all of them to: network, hosts, host name, limits, shared
    /// memory, control group and proxies. What the daemon is too old for is left out, as in Dockerfiles.
    pub fn run<S: Into<String>>(&self, args: impl IntoIterator<Item = S>) -> RunOptions {
        let mut run = RunOptions {
            proxy: proxy_of_args(&self.build_args).map(Arc::new),
            network: Some(self.network).filter(|network| *network != NetMode::Unset),
            hostname: Some(self.hostname.clone()).filter(|name| !name.is_empty()),
            ..RunOptions::args(args)
        };
        run.extra_hosts = self
            .extra_hosts
            .iter()
            .map(|(host, ip)| HostIp {
                host: host.clone(),
                ip: ip.clone(),
            })
            .collect();
        if self.caps.supports(caps::EXEC_META_ULIMIT) {
            run.ulimits.clone_from(&self.ulimits);
        }
        if self.shm_size > 0 && self.caps.supports(caps::EXEC_MOUNT_TMPFS_SIZE) {
            run.mounts.push(Mount::tmpfs("/dev/shm", self.shm_size));
        }
        if !self.cgroup_parent.is_empty() && self.caps.supports(caps::EXEC_META_CGROUP_PARENT) {
            run.cgroup_parent = Some(self.cgroup_parent.clone());
        }
        run.constraints
            .metadata
            .linux_resources
            .clone_from(&self.linux_resources);
        run
    }
}
