//! Which database, and opening it.

use std::fmt;
use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use shopfolk_operations::renew_text_keys;
use shopfolk_store::Engine;
use shopfolk_store_postgres::{PostgresAddress, PostgresEngine, PostgresSettings};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};

use crate::any_engine::AnyEngine;
use crate::failure::UsageError;
use crate::migration_progress::MigrationProgress;
use crate::progress::Progress;

/// Where a database is. It is shown without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    /// A file of the embedded engine.
    Sqlite(PathBuf),
    /// A PostgreSQL server, or several of which one takes writes.
    Postgres(Box<PostgresAddress>),
}

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Serving it: made if it is missing. A file is served by no other process, a PostgreSQL server by any number.
    Serve {
        /// How many connections to a PostgreSQL server are open at once.
        connections: usize,
    },
    /// Making something that may be the first in it: made if it is missing.
    Create,
    /// Working with what is in it.
    Use,
}

impl Purpose {
    /// Shows how the tables are brought up to date: a server in its log, a command on stderr.
    fn migration_progress(self) -> MigrationProgress {
        MigrationProgress::new(match self {
            Self::Serve { .. } => Progress::start_in_log,
            Self::Create | Self::Use => Progress::start,
        })
    }
}

/// How many connections a command needs that does one thing after the other.
const COMMAND_CONNECTIONS: usize = 4;

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("shopfolk.db"))
    }
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// When it is of another form. The message repeats no more of it than the scheme, because there can be a password
    /// in the rest.
    pub(crate) fn parse(text: &str) -> Result<Self, UsageError> {
        Self::parse_option("--database", text)
    }

    /// The same for what was given with another option.
    ///
    /// # Errors
    /// As with [`Self::parse`].
    pub(crate) fn parse_option(option: &str, text: &str) -> Result<Self, UsageError> {
        let usage = |problem: String| {
            UsageError(format!(
                "{problem}; give {option} as sqlite:PATH, for example sqlite:shopfolk.db, or as \
                 postgres://USER:PASSWORD@HOST:PORT/NAME"
            ))
        };
        match text.split_once(':') {
            Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(usage("the database has no path".to_owned())),
                ":memory:" => Err(usage(
                    "a database in memory is not supported ('serve --demo' makes one to try)".to_owned(),
                )),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            },
            Some(("postgres" | "postgresql", _)) => match text.parse() {
                Ok(address) => Ok(Self::Postgres(Box::new(address))),
                Err(error) => Err(usage(format!("the address of the database is wrong: it {error}"))),
            },
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Err(usage(format!("databases of the kind '{scheme}' are not supported")))
            }
            _ => Err(usage("the database has no kind".to_owned())),
        }
    }

    /// Takes this password if the database wants one and names none.
    pub(crate) fn with_default_password(self, password: Option<&str>) -> Self {
        match self {
            Self::Postgres(address) => Self::Postgres(Box::new(address.with_default_password(password))),
            Self::Sqlite(path) => Self::Sqlite(path),
        }
    }

    /// Opens the database.
    ///
    /// # Errors
    /// When it is missing and not to be made, or cannot be opened.
    pub(crate) async fn open(&self, purpose: Purpose) -> Result<AnyEngine> {
        self.open_option("--database", purpose).await
    }

    /// The same for what was given with another option.
    ///
    /// # Errors
    /// As with [`Self::open`].
    pub(crate) async fn open_option(&self, option: &str, purpose: Purpose) -> Result<AnyEngine> {
        match self {
            Self::Sqlite(path) => {
                let engine = open_file(option, path, purpose).await?;
                compare_anew(&engine, purpose).await.map(|()| AnyEngine::Sqlite(engine))
            }
            Self::Postgres(address) => {
                let engine = open_server(address, purpose).await?;
                compare_anew(&engine, purpose).await.map(|()| AnyEngine::Postgres(engine))
            }
        }
    }

    /// Whether this is the same database as the other one, as far as their addresses tell.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(path), Self::Sqlite(other)) => path == other || is_same_file(path, other),
            _ => self.to_string() == other.to_string(),
        }
    }

    /// Opens the database, does one thing with it, and closes it.
    ///
    /// # Errors
    /// When the database cannot be opened, or what was done failed.
    pub(crate) fn with<T, F>(&self, purpose: Purpose, act: impl FnOnce(AnyEngine) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let engine = self.open(purpose).await?;
            let outcome = act(engine.clone()).await;
            let closed = engine.close().await.context("cannot close the database");
            outcome.and_then(|outcome| closed.map(|()| outcome))
        })
    }
}

fn is_same_file(path: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.metadata().map(|file| (file.dev(), file.ino()));
    place(path).is_ok_and(|here| place(other).is_ok_and(|there| here == there))
}

/// Makes the keys anew by which a release before compared texts.
async fn compare_anew(engine: &impl Engine, purpose: Purpose) -> Result<()> {
    let mut progress = purpose.migration_progress();
    let renewed = Box::pin(renew_text_keys(engine, |step| progress.show(step))).await;
    renewed.context("cannot compare the texts of the database anew")
}

async fn open_file(option: &str, path: &Path, purpose: Purpose) -> Result<SqliteEngine> {
    let shown = path.display();
    if path.is_dir() {
        bail!("{shown} is a directory; name a database file in it with {option}");
    }
    if let Some(directory) = path.parent()
        && !directory.as_os_str().is_empty()
        && !directory.is_dir()
    {
        bail!(
            "there is no directory {}; make it, or name another database with {option}",
            directory.display()
        );
    }
    if purpose == Purpose::Use && !path.exists() {
        bail!(
            "there is no database at {shown}; make one with 'shopfolk store create', or name another with {option}"
        );
    }
    let settings = SqliteSettings {
        create: purpose != Purpose::Use,
        serve: matches!(purpose, Purpose::Serve { .. }),
        ..SqliteSettings::new(path)
    };
    let mut progress = purpose.migration_progress();
    let open = move || SqliteEngine::open_observed(&settings, |step| progress.show(step));
    // On a thread of its own, because it can take long, and whoever waits may be told to stop.
    let opened = tokio::task::spawn_blocking(open).await.context("opening the database was not finished")?;
    opened.with_context(|| format!("cannot open the database at {shown}"))
}

async fn open_server(address: &PostgresAddress, purpose: Purpose) -> Result<PostgresEngine> {
    let connections = match purpose {
        Purpose::Serve { connections } => connections,
        Purpose::Create | Purpose::Use => COMMAND_CONNECTIONS,
    };
    let settings = PostgresSettings {
        create: purpose != Purpose::Use,
        connections,
        ..PostgresSettings::new(address.clone())
    };
    let mut progress = purpose.migration_progress();
    let opened = PostgresEngine::open_observed(settings, |step| progress.show(step)).await;
    opened.with_context(|| format!("cannot open the database at {address}"))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(address) => address.fmt(formatter),
        }
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
    fn a_file_is_the_same_by_whatever_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        std::fs::write(&path, "").unwrap();
        std::os::unix::fs::symlink(&path, directory.path().join("link.db")).unwrap();
        let file = |name: &str| DatabaseUrl::Sqlite(directory.path().join(name));
        assert!(file("shop.db").is_same(&file("./shop.db")) && file("shop.db").is_same(&file("link.db")));
        assert!(file("missing.db").is_same(&file("missing.db")));
        assert!(!file("shop.db").is_same(&file("missing.db")));
        let server = |text| DatabaseUrl::parse(text).unwrap();
        assert!(server("postgres://a:1@db/shop").is_same(&server("postgresql://a:2@db:5432/shop")));
        assert!(!server("postgres://a@db/shop").is_same(&server("postgres://a@db/folk")));
    }

    #[test]
    fn a_server_is_shown_without_its_password() {
        let database = DatabaseUrl::parse("postgres://shop:hunter2@db1,db2/folk").unwrap();
        assert_eq!(database.to_string(), "postgres://shop@db1:5432,db2:5432/folk");
        assert!(!format!("{database:?}").contains("hunter2"));
    }

    #[test]
    fn other_kinds_are_named_and_nothing_of_a_password_is_repeated() {
        let error = DatabaseUrl::parse("mysql://shop:hunter2@db/shop").unwrap_err().to_string();
        assert!(error.contains("'mysql'") && error.contains("sqlite:PATH"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        for text in [
            "postgres://shop:hunter2@db",
            "",
            "shop.db",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "/tmp/hunter2:x",
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains("sqlite:PATH") && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
