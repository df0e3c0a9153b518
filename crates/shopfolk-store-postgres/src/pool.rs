//! The connections that operations run on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts,
};
use shopfolk_store::StoreError;
use tokio::time::Instant;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::failure::Failure;
use crate::measures;
use crate::session::Session;
use crate::settings::PostgresSettings;

/// How long is waited before another try to connect.
const PAUSE: Duration = Duration::from_millis(100);

const NO_CONNECTION: StoreError = StoreError::Unavailable { reason: "the database cannot be reached" };

/// Opens connections and looks whether they are still there.
pub(crate) struct Connector {
    pub(crate) settings: Arc<PostgresSettings>,
    pub(crate) tls: MakeRustlsConnect,
}

impl Manager for Connector {
    type Type = Session;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        Session::open(&self.settings, &self.tls, |_| ()).await
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        if session.is_closed() {
            return Err(RecycleError::message("the connection is gone"));
        }
        Ok(())
    }
}

/// A connection on loan.
pub(crate) type PooledSession = Object<Connector>;

/// The connections that operations run on: a bounded number, with a bounded number of operations that wait for one.
pub(crate) struct Sessions {
    pool: Pool<Connector>,
    waiting: AtomicUsize,
}

impl Sessions {
    /// # Errors
    /// When a certificate of the settings cannot be read.
    pub(crate) fn new(settings: &Arc<PostgresSettings>, tls: MakeRustlsConnect) -> Result<Self, StoreError> {
        let pool = Pool::builder(Connector { settings: Arc::clone(settings), tls })
            .max_size(settings.connections)
            // The connection that was used last is used next: when there is little to do, few are kept warm.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Database {
                doing: "set up the connections",
                source: error.into(),
            })?;
        Ok(Self { pool, waiting: AtomicUsize::new(0) })
    }

    pub(crate) fn settings(&self) -> &PostgresSettings {
        &self.pool.manager().settings
    }

    /// Takes a connection, or waits for one until `deadline`; while the database cannot be reached, tries to.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many wait already, or there is none in time; otherwise when the server
    /// refuses for good.
    pub(crate) async fn take(&self, deadline: Instant) -> Result<PooledSession, StoreError> {
        let _place = Waiting::begin(self)?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let limits = Timeouts { wait: Some(left), create: Some(left), recycle: None };
            match self.pool.timeout_get(&limits).await {
                Ok(session) => {
                    self.measure();
                    return Ok(session);
                }
                Err(PoolError::Backend(error)) => match Failure::of("connect to the database", error) {
                    failure @ Failure::Final { .. } if !is_network(&failure) => {
                        return Err(failure.into_error());
                    }
                    failure if Instant::now() + PAUSE >= deadline => {
                        tracing::warn!(error = ?failure, "the database cannot be reached");
                        return Err(NO_CONNECTION);
                    }
                    _ => tokio::time::sleep(PAUSE).await,
                },
                Err(PoolError::Timeout(_)) => return Err(NO_CONNECTION),
                Err(PoolError::Closed) => return Err(StoreError::CLOSED),
                Err(error) => {
                    return Err(StoreError::Database { doing: "take a connection", source: error.into() });
                }
            }
        }
    }

    /// Hands out no connection any more.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    fn measure(&self) {
        let status = self.pool.status();
        let gauge = |name, value: usize| {
            // No count here comes near the precision of a float.
            #[expect(clippy::cast_precision_loss)]
            metrics::gauge!(name).set(value as f64);
        };
        gauge(measures::CONNECTIONS, status.size);
        gauge(measures::CONNECTIONS_IDLE, status.available);
        gauge(measures::WAITING, self.waiting.load(Ordering::Relaxed).saturating_sub(1));
    }
}

/// Whether it may help to try to connect again: no answer, no server that takes writes, or one that is starting.
fn is_network(failure: &Failure) -> bool {
    let Failure::Final { error: StoreError::Database { source, .. } } = failure else { return false };
    // An error without a state came from the program's side of the line: no server was there to give one.
    source.downcast_ref::<tokio_postgres::Error>().is_some_and(|error| error.code().is_none())
}

/// A place among those that wait.
struct Waiting<'a>(&'a Sessions);

impl<'a> Waiting<'a> {
    fn begin(sessions: &'a Sessions) -> Result<Self, StoreError> {
        let place = Self(sessions);
        if sessions.waiting.fetch_add(1, Ordering::Relaxed) >= sessions.settings().waiting {
            return Err(StoreError::NO_ROOM);
        }
        Ok(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
