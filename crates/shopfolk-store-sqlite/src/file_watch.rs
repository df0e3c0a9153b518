//! Whether the files of a database are still where they were.
//!
//! SQLite goes on writing to a file that was removed, and nobody would ever see what it wrote.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shopfolk_store::StoreError;

/// What SQLite adds to the name of a database for its log and the index of the log.
pub(crate) const LOG: [&str; 2] = ["-wal", "-shm"];

/// One of the files is not there any more.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "'{}' is not the file that was opened; reads are answered from the one that was, and what was answered is in that one: \
     put it back or restore a backup, and start the server again",
    path.display()
)]
struct Gone {
    path: PathBuf,
}

/// Which file it is, whatever its name.
type Identity = (u64, u64);

fn identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}

/// The files that are open, by the paths that lead to them.
#[derive(Debug)]
pub(crate) struct FileWatch {
    files: Vec<(PathBuf, Identity)>,
    /// What was missing once: a file that comes back may have been written by others meanwhile.
    gone: Option<Gone>,
}

impl FileWatch {
    /// Begins to watch the database, which is open as this file, and its log, which SQLite has opened.
    ///
    /// # Errors
    /// When one of them cannot be looked at.
    pub(crate) fn start(path: &Path, file: &File, log: [PathBuf; 2]) -> io::Result<Self> {
        let mut files = vec![(path.to_owned(), identity(&file.metadata()?))];
        for path in log {
            let identity = identity(&fs::metadata(&path)?);
            files.push((path, identity));
        }
        Ok(Self { files, gone: None })
    }

    /// Looks whether each path still leads to its file. What was missing once stays missing.
    ///
    /// # Errors
    /// When one of the files is gone, or cannot be looked at.
    pub(crate) fn look(&mut self) -> Result<(), StoreError> {
        self.were_there()?;
        for (path, opened) in &self.files {
            match fs::metadata(path) {
                Ok(found) if identity(&found) == *opened => {}
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::Disk {
                        reason: "its file cannot be looked at",
                        source: Arc::new(error),
                    });
                }
                _ => {
                    self.gone = Some(Gone { path: path.clone() });
                    return self.were_there();
                }
            }
        }
        Ok(())
    }

    /// Whether all files were there at every look so far.
    ///
    /// # Errors
    /// When one was not.
    pub(crate) fn were_there(&self) -> Result<(), StoreError> {
        match &self.gone {
            None => Ok(()),
            Some(gone) => Err(StoreError::Disk {
                reason: "its file was removed or replaced, so the server has to be started again",
                source: Arc::new(gone.clone()),
            }),
        }
    }
}
