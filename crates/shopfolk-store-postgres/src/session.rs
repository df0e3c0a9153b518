//! One connection to the server, and how statements are sent on it.
//!
//! Statements go out one behind the other without waiting for answers (a pipeline): one round trip for as many as are
//! there. They are prepared once a connection and named, unless a pooler stands in between that hands every transaction
//! to another server process: then a name could mean something else the next time, so they are sent unnamed, each with
//! its text. A pooler is noticed by itself: a direct connection keeps a setting that it was opened with.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::{FutureExt, TryStreamExt};
use tokio_postgres::{AsyncMessage, Client, Config, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::parameter::Parameter;
use crate::settings::PostgresSettings;

/// The server ends a transaction that says nothing for so long: the locks of a node that is gone are freed.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
/// After so long without an answer to what was sent, the network gives a connection up.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);

/// One thing to send.
#[derive(Debug)]
pub(crate) enum Step {
    /// A statement without parameters or rows.
    Plain(String),
    /// A statement with parameters.
    Run {
        /// What is being done, for a message.
        what: &'static str,
        sql: &'static str,
        parameters: Vec<Parameter>,
        /// How many rows it must touch, where that can be told.
        touches: Option<u64>,
    },
}

impl Step {
    /// Whether it may change what is kept. A statement that only reads begins with SELECT.
    pub(crate) fn writes(&self) -> bool {
        matches!(self, Self::Run { sql, .. } if !sql.starts_with("SELECT"))
    }

    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Plain(_) => "begin or end a transaction",
            Self::Run { what, .. } => what,
        }
    }
}

/// What came of a step.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    /// How many rows the statement touched.
    pub(crate) touched: u64,
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<Answer, tokio_postgres::Error>> + Send + 'a>>;

/// A connection.
pub(crate) struct Session {
    client: Client,
    prepared: Mutex<HashMap<&'static str, Statement>>,
    /// Whether the connection goes to one server process and stays there.
    direct: bool,
    begin_write: String,
}

impl Session {
    /// Connects; `told` gets what the server says without being asked.
    ///
    /// # Errors
    /// When no server that takes writes can be reached, or it refuses.
    pub(crate) async fn open(
        settings: &PostgresSettings,
        tls: &MakeRustlsConnect,
        told: impl FnMut(AsyncMessage) + Send + 'static,
    ) -> Result<Self, tokio_postgres::Error> {
        let mark = format!("{:032x}", rand::random::<u128>());
        let mut config = settings.address.config.clone();
        if config.get_application_name().is_none() {
            config.application_name("shopfolk");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(settings.connect_limit);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_LIMIT);
        }
        let (lock_limit, idle_limit) = (settings.lock_limit.as_millis(), IDLE_LIMIT.as_millis());
        // A commit that waits for a standby must not be cut short: it would count as done. Hence no limit on statements;
        // those that write wait for nothing else than rows.
        let mut marked = config.clone();
        marked.options(format!(
            "{} -c shopfolk.session={mark} -c statement_timeout=0 -c lock_timeout={lock_limit} \
             -c idle_in_transaction_session_timeout={idle_limit}",
            config.get_options().unwrap_or_default()
        ));
        let client = match connect(&marked, tls, told).await {
            Ok(client) => client,
            Err((error, told)) if is_refused_option(&error) => {
                connect(&config, tls, told).await.map_err(|(error, _)| error)?
            }
            Err((error, _)) => return Err(error),
        };
        let row = client
            .query_typed_one(
                "SELECT current_setting('shopfolk.session', true), current_setting('synchronous_commit')",
                &[],
            )
            .await?;
        let direct = row.get::<_, Option<&str>>(0) == Some(&mark);
        let mut begin_write = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned();
        if row.get::<_, &str>(1) == "off" {
            // What is answered has to be on disk, whatever the default of the server.
            begin_write.push_str("; SET LOCAL synchronous_commit = on");
        }
        if !direct {
            begin_write = format!(
                "{begin_write}; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {lock_limit}; \
                 SET LOCAL idle_in_transaction_session_timeout = {idle_limit}"
            );
        }
        Ok(Self { client, prepared: Mutex::default(), direct, begin_write })
    }

    /// Whether the connection goes to one server process and stays there: otherwise nothing can be prepared or listened
    /// for.
    pub(crate) const fn is_direct(&self) -> bool {
        self.direct
    }

    /// Whether the connection is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The connection itself, for what needs no pipeline.
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// What begins a transaction that writes.
    pub(crate) fn begin_write(&self) -> Step {
        Step::Plain(self.begin_write.clone())
    }

    /// What begins a transaction that reads one snapshot.
    pub(crate) fn begin_read() -> Step {
        Step::Plain("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned())
    }

    /// Has the server undo the transaction, without waiting for it: whatever is sent next comes after.
    pub(crate) fn roll_back(&self) {
        // A statement is on its way as soon as its future was polled once.
        let _ = self.client.batch_execute("ROLLBACK").now_or_never();
    }

    /// Sends all steps at once and answers when all are answered. When one fails, those behind it in a transaction fail
    /// too; the error is that of the first, with its number.
    pub(crate) async fn send(&self, steps: &[Step]) -> Result<Vec<Answer>, (usize, tokio_postgres::Error)> {
        let mut statements = Vec::with_capacity(steps.len());
        for (number, step) in steps.iter().enumerate() {
            statements.push(self.prepare(step).await.map_err(|error| (number, error))?);
        }
        let sent = steps.iter().zip(statements).map(|(step, statement)| self.start(step, statement));
        let outcomes = all_in_order(sent.collect()).await;
        outcomes
            .into_iter()
            .enumerate()
            .map(|(number, outcome)| outcome.map_err(|error| (number, error)))
            .collect()
    }

    /// The statement of a step, prepared if it was not; `None` where nothing is prepared.
    async fn prepare(&self, step: &Step) -> Result<Option<Statement>, tokio_postgres::Error> {
        let Step::Run { sql, parameters, .. } = step else { return Ok(None) };
        if !self.direct {
            return Ok(None);
        }
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(Some(statement));
        }
        let types: Vec<_> = parameters.iter().map(Parameter::sql_type).collect();
        let statement = self.client.prepare_typed(sql, &types).await?;
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, statement.clone());
        Ok(Some(statement))
    }

    fn start<'a>(&'a self, step: &'a Step, statement: Option<Statement>) -> Sent<'a> {
        Box::pin(async move {
            let (sql, parameters) = match step {
                Step::Plain(sql) => {
                    self.client.batch_execute(sql).await?;
                    return Ok(Answer::default());
                }
                Step::Run { sql, parameters, .. } => (sql, parameters),
            };
            let rows = if let Some(statement) = statement {
                self.client.query_raw(&statement, parameters).await?
            } else {
                let typed = parameters.iter().map(|parameter| (parameter, parameter.sql_type()));
                self.client.query_typed_raw(sql, typed).await?
            };
            let mut stream = std::pin::pin!(rows);
            let mut rows = Vec::new();
            while let Some(row) = stream.try_next().await? {
                rows.push(row);
            }
            Ok(Answer { rows, touched: stream.rows_affected().unwrap_or_default() })
        })
    }
}

/// Connects and drives the connection on a task of its own, which ends with it.
async fn connect<T: FnMut(AsyncMessage) + Send + 'static>(
    config: &Config,
    tls: &MakeRustlsConnect,
    mut told: T,
) -> Result<Client, (tokio_postgres::Error, T)> {
    let (client, mut connection) = match Box::pin(config.connect(tls.clone())).await {
        Ok(connected) => connected,
        Err(error) => return Err((error, told)),
    };
    tokio::spawn(async move {
        // A connection that fails tells everybody who waits for it; there is nobody else to tell.
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            told(message);
        }
    });
    Ok(client)
}

/// Whether a pooler refuses the settings that a connection is opened with.
fn is_refused_option(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        error.code().code().starts_with("08") && error.message().contains("startup parameter")
    })
}

/// Polls each future once in the given order, which is the order in which they are sent, and then until all are done.
/// The answers come in the same order, so only the first one that is missing is waited for.
async fn all_in_order<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut outcomes: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    let mut started = false;
    poll_fn(|context| {
        let mut all_done = true;
        for (future, outcome) in futures.iter_mut().zip(&mut outcomes) {
            if outcome.is_some() {
                continue;
            }
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *outcome = Some(value),
                Poll::Pending => {
                    all_done = false;
                    if started {
                        break;
                    }
                }
            }
        }
        started = true;
        if all_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outcomes.into_iter().flatten().collect()
}
