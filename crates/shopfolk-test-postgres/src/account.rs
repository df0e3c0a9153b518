//! Who the server runs as: PostgreSQL refuses to run as root.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::fs::{Gid, Uid, chown};
use rustix::process::geteuid;

/// An account without privileges that root can step down to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account to step down to; `None` when this process is not root's.
    pub(crate) fn to_step_down_to() -> Option<Self> {
        if !geteuid().is_root() {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("cannot read /etc/passwd");
        let find = |name: &str| {
            let mut fields = accounts.lines().find(|line| line.starts_with(name))?.split(':').skip(2);
            Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        };
        let account = find("postgres:").or_else(|| find("nobody:"));
        Some(account.expect("there is no account 'postgres' or 'nobody' to run PostgreSQL as"))
    }

    /// Gives a file or directory to the account.
    pub(crate) fn own(self, path: &Path) {
        let (user, group) = (Uid::from_raw(self.user), Gid::from_raw(self.group));
        chown(path, Some(user), Some(group))
            .unwrap_or_else(|error| panic!("cannot own {}: {error}", path.display()));
    }
}

/// A command that runs as the account, or as the user of this process.
pub(crate) fn command_as(account: Option<Account>, program: impl AsRef<OsStr>) -> Command {
    match account {
        None => Command::new(program),
        Some(Account { user, group }) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
            command.arg("--").arg(program);
            command
        }
    }
}
