//! The file that is served: who may serve it, and who may read it.

use std::ffi::OsString;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::iter;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use rustix::process::geteuid;
use shopfolk_store::StoreError;

use crate::file_watch::{FileWatch, LOG};

/// A new file is its owner's alone.
const OWNER_ALONE: u32 = 0o600;
/// What everybody else on the machine may do with a file.
const EVERYBODY: u32 = 0o007;
const LOCK: &str = "-lock";

/// Why a database cannot be served from a file.
#[derive(Debug, thiserror::Error)]
enum Unservable {
    #[error(
        "a server has to write '{path}' and may not: let the user that it runs as write the file, or name another database"
    )]
    File { path: PathBuf, source: io::Error },
    #[error(
        "a server keeps SQLite's log beside the database and may not write the directory '{path}': let the user that it runs \
         as write the directory, or name a database in another one"
    )]
    Directory { path: PathBuf, source: io::Error },
}

/// The right to serve a database file, which one server has, whatever path leads to the file.
///
/// To be held for as long as a connection is open: when a process closes a file, the system takes from it all locks that
/// SQLite has on that file.
#[derive(Debug)]
pub(crate) struct ServingLock {
    file: File,
    /// The path without symbolic links, beside which SQLite keeps its log.
    real: PathBuf,
    beside: Vec<File>,
}

impl ServingLock {
    /// Takes the right, and makes the file first when it is missing and `create` says so.
    ///
    /// # Errors
    /// When another server has it, or the file or its directory cannot be written.
    pub(crate) fn take(path: &Path, create: bool) -> Result<Self, StoreError> {
        let mut how = File::options();
        how.read(true).write(true).create(create).mode(OWNER_ALONE);
        let file = how.open(path).map_err(|source| {
            unservable(if path.exists() {
                Unservable::File { path: path.to_owned(), source }
            } else {
                Unservable::Directory { path: directory_of(path).to_owned(), source }
            })
        })?;
        let real = fs::canonicalize(path).map_err(failed("find the database file"))?;
        let directory = directory_of(&real);
        access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
            unservable(Unservable::Directory { path: directory.to_owned(), source: error.into() })
        })?;
        // Elsewhere than on Linux a lock of a whole file and SQLite's locks of its parts are of one kind, and would meet.
        if cfg!(target_os = "linux") {
            lock(&file)?;
        }
        let mut beside = vec![lock_beside(&real)?];
        // A server of an earlier release locks the name that it was given and nothing else.
        if fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink()) {
            beside.push(lock_beside(path)?);
        }
        keep_from_everybody(&real)?;
        Ok(Self { file, real, beside })
    }

    /// Begins to watch the file at this path, and SQLite's log, both of which have to be there by now.
    ///
    /// # Errors
    /// When they are not.
    pub(crate) fn watch(&self, path: &Path) -> Result<FileWatch, StoreError> {
        let log = LOG.map(|suffix| with_suffix(&self.real, suffix));
        FileWatch::start(path, &self.file, log).map_err(failed("look at the database file"))
    }

    /// Gives the right back, while connections that read may still be open.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn release(&self) -> Result<(), StoreError> {
        let mut locks = iter::once(&self.file).chain(&self.beside);
        locks.try_for_each(File::unlock).map_err(failed("give the lock for serving the database back"))
    }
}

/// Makes an empty database file that its owner alone may read, unless there is one.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_for_owner_alone(path: &Path) -> Result<(), StoreError> {
    match File::options().write(true).create_new(true).mode(OWNER_ALONE).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(failed("make the database file")(error))
        }
        _ => Ok(()),
    }
}

/// Takes from everybody else what an earlier release let them do with the files of a database. A group that was let in is
/// left in, where not everybody is.
fn keep_from_everybody(database: &Path) -> Result<(), StoreError> {
    let mut closed = false;
    let suffixes = ["", LOCK].into_iter().chain(LOG);
    for path in suffixes.map(|suffix| with_suffix(database, suffix)) {
        let Ok(found) = fs::metadata(&path) else { continue };
        if found.uid() == geteuid().as_raw() && found.mode() & EVERYBODY != 0 {
            fs::set_permissions(&path, Permissions::from_mode(OWNER_ALONE))
                .map_err(failed("keep the database file from others"))?;
            closed = true;
        }
    }
    if closed {
        tracing::warn!(
            database = %database.display(),
            "everybody on this machine could read the database; its files are their owner's alone now (mode 600)"
        );
    }
    Ok(())
}

/// Locks the file of that name with `-lock` added.
fn lock_beside(path: &Path) -> Result<File, StoreError> {
    let mut how = File::options();
    how.create(true).append(true).mode(OWNER_ALONE);
    let file = how.open(with_suffix(path, LOCK)).map_err(failed(LOCKING))?;
    lock(&file)?;
    Ok(file)
}

fn lock(file: &File) -> Result<(), StoreError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            StoreError::Unavailable { reason: "another server is running on this database" }
        }
        TryLockError::Error(error) => failed(LOCKING)(error),
    })
}

const LOCKING: &str = "take the lock for serving the database";

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unservable(reason: Unservable) -> StoreError {
    StoreError::Database { doing: "get the database file ready for a server", source: reason.into() }
}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::Database { doing, source: error.into() }
}
