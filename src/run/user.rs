//! Whom a command runs as. `rdf-run` itself is root, so that it may set the times of whatever the command changed; what it
//! becomes for the command is what the daemon would have made of the step's user.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Gid, Uid};
use rustix::process::{getgid, getgroups};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};

use super::Error;

/// A user, as the daemon resolves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    uid: u32,
    gid: u32,
    /// Supplementary groups.
    groups: Vec<u32>,
    /// The home directory; `/` where no entry has one.
    pub(super) home: PathBuf,
}

impl User {
    /// Reads `user` or `user:group`, each a name or a number, in the file system at `root`.
    pub(super) fn find(text: &str, root: &Path) -> Result<Self, Error> {
        let read = |name| fs::read(root.join(name)).unwrap_or_default();
        let [passwd, group] = ["etc/passwd", "etc/group"].map(read);
        let [passwd, group] = [&passwd, &group].map(|file| String::from_utf8_lossy(file));
        let mut user =
            User::resolve(text, &passwd, &group).ok_or_else(|| Error::User(text.to_owned()))?;
        // Engines since 23.0 make the primary group a supplementary one, too; what ours are tells which this is.
        let own = getgroups().unwrap_or_default();
        if own.contains(&getgid()) && !user.groups.contains(&user.gid) {
            user.groups.insert(0, user.gid);
        }
        Ok(user)
    }

    /// `None` where a name has no entry.
    fn resolve(text: &str, passwd: &str, group: &str) -> Option<Self> {
        let (name, wanted_group) = match text.split_once(':') {
            Some((name, group)) => (name, Some(group).filter(|group| !group.is_empty())),
            None => (text, None),
        };
        let entry = entries(passwd).find(|entry| entry.is(name));
        let groups = || entries(group);
        let gid = match (wanted_group, &entry) {
            (Some(wanted), _) => match groups().find(|group| group.is(wanted)) {
                Some(group) => group.id?,
                None => wanted.parse().ok()?,
            },
            (None, Some(entry)) => entry.field(3).parse().ok()?,
            (None, None) => 0,
        };
        let member = entry.as_ref().filter(|_| wanted_group.is_none());
        let has_member = |group: &Entry<'_>| {
            let mut members = group.field(3).split(',');
            member.is_some_and(|entry| members.any(|member| member == entry.field(0)))
        };
        let home = entry.as_ref().map(|entry| entry.field(5));
        Some(User {
            uid: match &entry {
                Some(entry) => entry.id?,
                None => name.parse().ok()?,
            },
            gid,
            groups: groups().filter(has_member).filter_map(|it| it.id).collect(),
            home: home.filter(|home| !home.is_empty()).unwrap_or("/").into(),
        })
    }

    /// Makes the calling thread this user, and with it the processes that it starts.
    pub(super) fn enter(&self) -> io::Result<()> {
        let groups: Vec<Gid> = self.groups.iter().copied().map(Gid::from_raw).collect();
        set_thread_groups(&groups)?;
        set_thread_gid(Gid::from_raw(self.gid))?;
        set_thread_uid(Uid::from_raw(self.uid))?;
        Ok(())
    }

    /// Gives the user the pipes of this process, as the daemon does: `/dev/stderr` can be opened by their owner alone.
    pub(super) fn own_pipes(&self) {
        self.own(io::stdin());
        self.own(io::stdout());
        self.own(io::stderr());
    }

    fn own(&self, stream: impl AsFd) {
        let kind = rustix::fs::fstat(&stream).map(|it| FileType::from_raw_mode(it.st_mode));
        if kind == Ok(FileType::Fifo) {
            // As before where it may not be.
            let _ = rustix::fs::fchown(stream, Some(Uid::from_raw(self.uid)), None);
        }
    }
}

/// A line of `/etc/passwd` or `/etc/group`: both begin with a name, a password and a number.
struct Entry<'t> {
    fields: Vec<&'t str>,
    id: Option<u32>,
}

fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> {
    text.lines().map(|line| {
        let fields: Vec<&str> = line.trim().split(':').collect();
        let id = fields.get(2).and_then(|id| id.parse().ok());
        Entry { fields, id }
    })
}

impl Entry<'_> {
    fn field(&self, index: usize) -> &str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    /// Whether that is its name or its number.
    fn is(&self, text: &str) -> bool {
        self.field(0) == text || (self.id.is_some() && self.id == text.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_resolved_as_the_daemon_does() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\n\napp:x:1000:1001:,,,:/home/app:/bin/sh\nbare:x:7:8\n";
        let group = "root:x:0:\nstaff:x:50:other,app\napp:x:1001:\nvideo:x:44:app\n";
        let user = |text| User::resolve(text, passwd, group);
        let expected = |uid, gid, groups: &[u32], home: &str| {
            Some(User {
                uid,
                gid,
                groups: groups.to_vec(),
                home: home.into(),
            })
        };
        assert_eq!(user("app"), expected(1000, 1001, &[50, 44], "/home/app"));
        assert_eq!(user("1000"), user("app"));
        assert_eq!(user("app:"), user("app"));
        assert_eq!(user("app:staff"), expected(1000, 50, &[], "/home/app"));
        assert_eq!(user("1000:60"), expected(1000, 60, &[], "/home/app"));
        assert_eq!(user("bare"), expected(7, 8, &[], "/"));
        assert_eq!(user("4321"), expected(4321, 0, &[], "/"));
        assert_eq!(user("4321:video"), expected(4321, 44, &[], "/"));
        assert_eq!(user("nobody"), None);
        assert_eq!(user("app:nogroup"), None);
    }
}
