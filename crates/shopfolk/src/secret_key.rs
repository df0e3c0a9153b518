//! Where the key for client secrets is: `SHOPFOLK_KEY`, or a file beside the database.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow};
use shopfolk_operations::{NoSecretKey, SecretKey, SecretKeys};

use crate::database::DatabaseUrl;
use crate::random::new_random;
use crate::whole_file::WholeFile;

const VARIABLE: &str = "SHOPFOLK_KEY";

/// The key of a database, looked for when it is needed, and remembered once it was found.
pub(crate) fn secret_keys(database: &DatabaseUrl) -> SecretKeys {
    let (database, known) = (database.clone(), Arc::new(OnceLock::new()));
    SecretKeys::new(move || {
        if let Some(key) = known.get() {
            return Ok(*key);
        }
        match find(&database) {
            Ok(Some(key)) => Ok(*known.get_or_init(|| key)),
            Ok(None) => Err(NoSecretKey(missing(&database))),
            Err(error) => Err(NoSecretKey(format!("{error:#}"))),
        }
    })
}

/// The key of a database. Where there is none yet, it is made, in a file that is its owner's alone.
///
/// # Errors
/// When it cannot be read or made, or the database has no place for a file beside it.
pub(crate) fn secret_key_or_new(database: &DatabaseUrl) -> Result<SecretKey> {
    if let Some(key) = find(database)? {
        return Ok(key);
    }
    let DatabaseUrl::Sqlite(path) = database else { return Err(anyhow!(missing(database))) };
    let (file, key) = (beside(path), SecretKey::generate(&mut new_random()?));
    let made = || {
        let mut whole = WholeFile::create(&file)?;
        writeln!(whole, "{}", key.reveal_hex())?;
        whole.finish()
    };
    match made() {
        Ok(()) => Ok(key),
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            find(database)?.ok_or_else(|| anyhow!(missing(database)))
        }
        Err(error) => Err(error).with_context(|| format!("cannot make the key file {}", file.display())),
    }
}

fn missing(database: &DatabaseUrl) -> String {
    match database {
        DatabaseUrl::Sqlite(path) => {
            format!(
                "there is no key for client secrets: neither {VARIABLE} nor the file {}",
                beside(path).display()
            )
        }
        DatabaseUrl::Postgres(_) => format!(
            "there is no key for client secrets: set {VARIABLE}, the same for every node and command, to what \
             'openssl rand -hex 32' prints"
        ),
    }
}

fn find(database: &DatabaseUrl) -> Result<Option<SecretKey>> {
    if let Some(text) = std::env::var_os(VARIABLE) {
        let text = text.into_string().unwrap_or_default();
        return SecretKey::from_hex(&text).map(Some).with_context(|| format!("{VARIABLE} is wrong"));
    }
    let DatabaseUrl::Sqlite(path) = database else { return Ok(None) };
    let file = beside(path);
    match fs::read_to_string(&file) {
        Ok(text) => {
            SecretKey::from_hex(&text).map(Some).with_context(|| format!("{} is wrong", file.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read the key file {}", file.display())),
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name: OsString = database.as_os_str().to_owned();
    name.push("-key");
    name.into()
}
