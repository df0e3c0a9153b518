//! PostgreSQL's programs, wherever they are installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The directory with the programs: `SHOPFOLK_POSTGRES_BIN`, else that of the newest version that Debian has installed,
/// else what `pg_config` says.
pub(crate) fn directory() -> PathBuf {
    let named = std::env::var_os("SHOPFOLK_POSTGRES_BIN").map(PathBuf::from);
    let found = named.or_else(of_debian).or_else(of_pg_config).filter(|path| path.join("initdb").is_file());
    found.expect(
        "PostgreSQL is not installed; install it (on Debian: apt-get install postgresql), or name the directory of its \
         programs in SHOPFOLK_POSTGRES_BIN",
    )
}

fn of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions = versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    versions.max().map(|version| Path::new("/usr/lib/postgresql").join(version.to_string()).join("bin"))
}

fn of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}
