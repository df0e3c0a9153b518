//! Which database, and opening it.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};

use crate::failure::UsageError;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    /// A file of the embedded engine.
    Sqlite(PathBuf),
}

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Serving it: made if it is missing, and no other process may serve it.
    Serve,
    /// Making something that may be the first in it: made if it is missing.
    Create,
    /// Working with what is in it.
    Use,
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("shopfolk.db"))
    }
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`.
    ///
    /// # Errors
    /// When it is of another form. The message repeats no more of it than the scheme, because there can be a password
    /// in the rest.
    pub(crate) fn parse(text: &str) -> Result<Self, UsageError> {
        let usage = |problem: String| {
            UsageError(format!("{problem}; give --database as sqlite:PATH, for example sqlite:shopfolk.db"))
        };
        match text.split_once(':') {
            Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(usage("the database has no path".to_owned())),
                ":memory:" => Err(usage(
                    "a database in memory is not supported ('serve --demo' makes one to try)".to_owned(),
                )),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            },
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Err(usage(format!("databases of the kind '{scheme}' are not supported")))
            }
            _ => Err(usage("the database has no kind".to_owned())),
        }
    }

    /// Opens the database.
    ///
    /// # Errors
    /// When it is missing and not to be made, or cannot be opened.
    pub(crate) fn open(&self, purpose: Purpose) -> Result<SqliteEngine> {
        let Self::Sqlite(path) = self;
        let shown = path.display();
        if path.is_dir() {
            bail!("{shown} is a directory; name a database file in it with --database");
        }
        if let Some(directory) = path.parent()
            && !directory.as_os_str().is_empty()
            && !directory.is_dir()
        {
            bail!(
                "there is no directory {}; make it, or name another database with --database",
                directory.display()
            );
        }
        if purpose == Purpose::Use && !path.exists() {
            bail!(
                "there is no database at {shown}; make one with 'shopfolk store create', or name another with --database"
            );
        }
        let settings = SqliteSettings {
            create: purpose != Purpose::Use,
            serve: purpose == Purpose::Serve,
            ..SqliteSettings::new(path)
        };
        SqliteEngine::open(&settings).with_context(|| format!("cannot open the database at {shown}"))
    }

    /// Opens the database, does one thing with it, and closes it.
    ///
    /// # Errors
    /// When the database cannot be opened, or what was done failed.
    pub(crate) fn with<T, F>(&self, purpose: Purpose, act: impl FnOnce(SqliteEngine) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let engine = self.open(purpose)?;
            let outcome = act(engine.clone()).await;
            let closed = engine.close().await.context("cannot close the database");
            outcome.and_then(|outcome| closed.map(|()| outcome))
        })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Sqlite(path) = self;
        write!(formatter, "sqlite:{}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_is() {
        for (text, path) in [
            ("sqlite:shop.db", "shop.db"),
            ("sqlite:/var/lib/shop.db", "/var/lib/shop.db"),
            ("sqlite://shop.db", "shop.db"),
            ("sqlite:///var/lib/shop.db", "/var/lib/shop.db"),
            ("sqlite:a b?c:d.db", "a b?c:d.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap(), DatabaseUrl::Sqlite(path.into()), "{text}");
        }
    }

    #[test]
    fn other_kinds_are_named_and_nothing_of_a_password_is_repeated() {
        let error = DatabaseUrl::parse("postgres://shop:hunter2@db/shop").unwrap_err().to_string();
        assert!(error.contains("'postgres'") && error.contains("sqlite:PATH"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        for text in ["", "shop.db", "sqlite:", "sqlite://", "sqlite::memory:", "/tmp/hunter2:x"] {
            let error = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains("sqlite:PATH") && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
