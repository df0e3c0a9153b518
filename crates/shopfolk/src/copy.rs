//! `shopfolk copy`: stores, from one database to another.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use shopfolk_model::{App, StoreId};
use shopfolk_operations::{CopyError, CopyPhase, CopyProgress, GetStore, StoreContents, copy_store};
use shopfolk_store::{CustomerRow, Engine, Record, StoredContact, StoredEvent, StoredToken, Table};

use crate::any_engine::AnyEngine;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::UsageError;
use crate::output;
use crate::progress::{Progress, Step, Unit};
use crate::shutdown::{StopSignal, StopSignals, Stopped};
use crate::store::all_stores;

/// From where, to where, and what.
#[derive(Debug, Args)]
#[command(
    long_about = "\
Copies stores from one database to another, of whichever kind, and verifies the copy

Everything of a store is copied as it is: its tokens, customers, contacts and events, with their ids. Apps are copied \
with all stores, and not with --store; the key under which their secrets are kept (SHOPFOLK_KEY or the file beside the \
database) has to be brought by hand. What is in the \
target already is compared, and only what differs is written, so the command is safe to repeat, and one that was \
interrupted goes on where it was. At the end both databases are read again and their checksums compared.

A server may run on the source, but what changes meanwhile has to be copied too: for the last copy, suspend the stores \
or stop the server. No app should use a store in the target before it is copied: until then it is suspended there, and \
at the end it is open or suspended as in the source. A store in the target that is another one, or was changed there, \
is refused and stays as it is. --database is not used.",
    after_help = "\
Examples:
  shopfolk copy --from sqlite:shop.db --to postgres://shopfolk@db/shopfolk
  shopfolk copy --from postgres://shopfolk@db/shopfolk --to sqlite:shop.db --store 1003"
)]
pub(crate) struct Arguments {
    /// The database that is read, as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME
    // Text, like --database, so that no message repeats an address that has a password in it.
    #[arg(long, value_name = "URL", env = "SHOPFOLK_COPY_FROM", hide_env_values = true)]
    from: String,
    /// The database that is written; made if it is missing
    #[arg(long, value_name = "URL", env = "SHOPFOLK_COPY_TO", hide_env_values = true)]
    to: String,
    /// The id of the one store to copy [default: all stores]
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: Option<StoreId>,
}

/// Copies what was asked for.
///
/// # Errors
/// When a database cannot be opened or fails, a store is not to be copied, or the copy is stopped by a signal.
pub(crate) fn run(arguments: &Arguments, password: Option<&str>) -> Result<ExitCode> {
    let database = |option, text| {
        DatabaseUrl::parse_option(option, text).map(|database| database.with_default_password(password))
    };
    let between =
        Databases { from: database("--from", &arguments.from)?, to: database("--to", &arguments.to)? };
    if between.from.is_same(&between.to) {
        let message = format!("--from and --to are the same database, {}; name another one", between.from);
        return Err(UsageError(message).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let copied = runtime.block_on(async {
        let mut signals = StopSignals::listen()?;
        let opened = tokio::select! {
            opened = between.open(arguments.store) => opened?,
            signal = signals.next() => return Err(Stopped::new(signal, "nothing was copied").into()),
        };
        let stop = OnceLock::new();
        tokio::select! {
            copied = between.copy(opened, &stop) => copied,
            signal = stopped_twice(&mut signals, &stop) => {
                let came_to = format!("in the middle of a batch, which is undone; {GOES_ON}");
                Err(Stopped::new(signal, came_to).into())
            }
        }
    });
    // Nobody waits for what is at work still, a database that is being opened, say.
    runtime.shutdown_background();
    copied.map(|()| ExitCode::SUCCESS)
}

const GOES_ON: &str = "the same command goes on from here";

/// Has the copy stop after its batch when the program is told to stop, and answers when it is told again.
async fn stopped_twice(signals: &mut StopSignals, stop: &OnceLock<StopSignal>) -> StopSignal {
    let signal = signals.next().await;
    // It is set nowhere else.
    let _ = stop.set(signal);
    output::note("Stopping after this batch; once more stops on the spot.");
    signals.next().await
}

/// The databases of a copy once they are open, and the stores that are copied.
struct Opened {
    from: AnyEngine,
    to: AnyEngine,
    stores: Vec<StoreId>,
}

/// The databases of a copy.
struct Databases {
    from: DatabaseUrl,
    to: DatabaseUrl,
}

impl Databases {
    async fn open(&self, store: Option<StoreId>) -> Result<Opened> {
        let from = self.from.open_option("--from", Purpose::Use).await?;
        // Before the target is opened, so that none is made for nothing.
        let stores = self.stores(&from, store).await?;
        let to = self.to.open_option("--to", Purpose::Create).await?;
        Ok(Opened { from, to, stores })
    }

    async fn copy(&self, Opened { from, to, stores }: Opened, stop: &OnceLock<StopSignal>) -> Result<()> {
        let copied = Box::pin(self.copy_stores(&from, &to, &stores, stop)).await;
        let closed = to.close().await.with_context(|| format!("cannot close {}", self.to));
        let source_closed = from.close().await.with_context(|| format!("cannot close {}", self.from));
        copied.and(closed).and(source_closed)
    }

    async fn stores(&self, from: &impl Engine, store: Option<StoreId>) -> Result<Vec<StoreId>> {
        let Some(store) = store else {
            let mut stores: Vec<_> = all_stores(from).await?.into_iter().map(|store| store.id).collect();
            let platform = from.read(StoreId::PLATFORM, GetStore).await;
            // Apps first: a store that is there may name them.
            if platform.with_context(|| format!("cannot read {}", self.from))?.is_some() {
                stores.insert(0, StoreId::PLATFORM);
            }
            return Ok(stores);
        };
        match from.read(store, GetStore).await.with_context(|| format!("cannot read {}", self.from))? {
            Some(_) => Ok(vec![store]),
            None => Err(self.explain(store, CopyError::StoreNotFound { id: store })),
        }
    }

    async fn copy_stores(
        &self,
        from: &impl Engine,
        to: &impl Engine,
        stores: &[StoreId],
        stop: &OnceLock<StopSignal>,
    ) -> Result<()> {
        let Self { from: source, to: target } = self;
        let apps = if stores.contains(&StoreId::PLATFORM) { " and the apps" } else { "" };
        let number = stores.iter().filter(|&&store| store != StoreId::PLATFORM).count();
        let count = format!("{number} store{}{apps}", if number == 1 { "" } else { "s" });
        output::note(&format!("Copying {count} from {source} to {target}."));
        let mut progress = Progress::start();
        let mut suspended = 0;
        for &store in stores {
            let observe = |step| {
                progress.show(&Step {
                    what: what(&step),
                    done: step.done,
                    total: step.total,
                    unit: Unit::Pieces,
                });
                if stop.get().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let copied = copy_store(from, to, store, observe).await;
            let contents = copied.map_err(|error| {
                progress.end();
                match (error, stop.get()) {
                    (CopyError::Stopped, Some(&signal)) => {
                        Stopped::new(signal, format!("within store {store}; {GOES_ON}")).into()
                    }
                    (error, _) => self.explain(store, error),
                }
            })?;
            progress.beside(|| output::print(&summary(store, &contents)))?;
            let there = to.read(store, GetStore).await.with_context(|| format!("cannot read {}", self.to))?;
            suspended += u32::from(there.is_some_and(|store| store.suspended));
        }
        progress.end();
        let resume = match suspended {
            0 => String::new(),
            _ => format!(
                "; {suspended} of them suspended, as in the source: 'shopfolk store resume' opens a store"
            ),
        };
        output::note(&format!("Copied {count} from {source} to {target}{resume}."));
        Ok(())
    }

    /// Why a store was not copied, and what to do about it.
    fn explain(&self, store: StoreId, error: CopyError) -> anyhow::Error {
        let Self { from, to } = self;
        match error {
            CopyError::StoreNotFound { .. } => anyhow!(
                "{error} in {from}; 'shopfolk store list' shows the stores that a database has, and without --store all \
                 of them are copied"
            ),
            CopyError::TargetHasItsOwn { .. } => anyhow!(
                "{error}; it stays as it is in {to}: name a database with --to that has no store {store}"
            ),
            CopyError::KeepsChanging { .. } => anyhow!(
                "{error}; suspend it ('shopfolk store suspend --id {store}') or stop its server, and {GOES_ON}"
            ),
            CopyError::Damaged { .. } => anyhow!("{error}; nothing of them may be lost on the way"),
            CopyError::Stopped => error.into(),
            CopyError::Source(error) => anyhow::Error::from(error)
                .context(format!("cannot read store {store} in {from}; once it can be read, {GOES_ON}")),
            CopyError::Target(error) => anyhow::Error::from(error)
                .context(format!("cannot write store {store} to {to}; once it can be written, {GOES_ON}")),
        }
    }
}

/// Which store, and what is done with it.
fn what(step: &CopyProgress) -> String {
    let doing = match step.phase {
        CopyPhase::ComparingEvents => "comparing events".to_owned(),
        CopyPhase::Events => "copying events".to_owned(),
        CopyPhase::Rows(what) => format!("copying {what}s"),
        CopyPhase::Verifying => "verifying".to_owned(),
    };
    let pass = if step.pass == 1 { String::new() } else { format!(" (pass {})", step.pass) };
    format!("{}: {doing}{pass}", named(step.store))
}

/// A store, or the platform, which has the apps.
fn named(store: StoreId) -> String {
    if store == StoreId::PLATFORM { "platform".to_owned() } else { format!("store {store}") }
}

fn summary(store: StoreId, contents: &StoreContents) -> String {
    let counted = |table: &Table| format!("{} {}", table.name, contents.count(table));
    if store == StoreId::PLATFORM {
        let counts = [App::TABLE, StoredEvent::TABLE].map(counted).join(", ");
        return format!("platform: the same in both: {counts}, sha256 {}", contents.checksum);
    }
    let counts: Vec<_> = [StoredToken::TABLE, CustomerRow::TABLE, StoredContact::TABLE, StoredEvent::TABLE]
        .map(counted)
        .into();
    format!("store {store}: the same in both: {}, sha256 {}", counts.join(", "), contents.checksum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_pass_is_named() {
        let store = StoreId::new(7).unwrap();
        let step = CopyProgress {
            store,
            pass: 1,
            phase: CopyPhase::Rows(CustomerRow::TABLE.what),
            done: 300,
            total: 1_000,
        };
        assert_eq!(what(&step), "store 7: copying customers");
        assert_eq!(what(&CopyProgress { pass: 2, ..step }), "store 7: copying customers (pass 2)");
    }
}
