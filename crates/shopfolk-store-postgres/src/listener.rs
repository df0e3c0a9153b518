//! Hearing of other nodes that tokens were revoked or a store was suspended or resumed.
//!
//! The node that does it tells the others with its commit (`NOTIFY`). A message can be lost, because a connection broke or a
//! pooler stands in between; nodes look up again within seconds what they remember of a token.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shopfolk_model::StoreId;
use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;

use crate::pool::Connector;
use crate::session::Session;

/// The channel of the database on which it is told.
pub(crate) const CHANNEL: &str = "shopfolk_access";

/// How long is waited before the next try to connect.
const PAUSE: Duration = Duration::from_secs(1);
/// How many messages may wait to be heard; when there are more, all stores are taken as changed.
const MOST_WAITING: usize = 1_024;

type Changed = dyn Fn(Option<StoreId>) + Send + Sync;

/// Whom to tell of which store tokens changed, or of none in particular when that may be any.
#[derive(Default)]
pub(crate) struct AccessChange(Mutex<Option<Arc<Changed>>>);

impl AccessChange {
    /// Tells this one from now on.
    pub(crate) fn tell(&self, changed: impl Fn(Option<StoreId>) + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(changed));
    }

    fn happened(&self, store: Option<StoreId>) {
        // Called without the lock, whatever it does.
        let changed = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(changed) = changed {
            changed(store);
        }
    }
}

/// Listens until it is stopped.
pub(crate) async fn listen(connector: Arc<Connector>, told: Arc<AccessChange>) {
    loop {
        let (heard, mut messages) = mpsc::channel(MOST_WAITING);
        match connect(&connector, heard, Arc::clone(&told)).await {
            Ok(Some(_session)) => {
                // While nobody listened, anything may have happened.
                told.happened(None);
                while let Some(store) = messages.recv().await {
                    told.happened(Some(store));
                }
                tracing::debug!("the connection that listens is gone");
            }
            // Behind a pooler there is nothing to hear: the limit on how long a token is remembered has to do.
            Ok(None) => return pending().await,
            Err(error) => tracing::debug!(%error, "cannot listen for changes of tokens"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Connects and listens; `None` behind a pooler.
async fn connect(
    connector: &Connector,
    heard: mpsc::Sender<StoreId>,
    told: Arc<AccessChange>,
) -> Result<Option<Session>, tokio_postgres::Error> {
    let hear = move |message: AsyncMessage| {
        let AsyncMessage::Notification(notification) = message else { return };
        let store = notification.payload().parse::<StoreId>();
        let delivered = store.is_ok_and(|store| heard.try_send(store).is_ok());
        if !delivered {
            told.happened(None);
        }
    };
    let mut session = Session::open(&connector.settings, &connector.tls, hear).await?;
    if !session.is_direct() {
        return Ok(None);
    }
    session.client().batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    Ok(Some(session))
}
