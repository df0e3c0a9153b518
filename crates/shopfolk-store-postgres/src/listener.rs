//! Hearing of other nodes that tokens were revoked or a store was suspended or resumed.
//!
//! The node that does it tells the others with its commit (`NOTIFY`). A message can be lost, because a connection broke or a
//! pooler stands in between; nodes look up again within seconds what they remember of a token.

use std::sync::Arc;
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

/// What to call with the store whose tokens changed; with none when that may be any.
pub(crate) type Changed = Arc<dyn Fn(Option<StoreId>) + Send + Sync>;

/// Listens until the task is ended.
pub(crate) async fn listen(connector: Connector, changed: Changed) {
    loop {
        let (heard, mut messages) = mpsc::channel(MOST_WAITING);
        match connect(&connector, heard, Arc::clone(&changed)).await {
            Ok(Some(_session)) => {
                // While nobody listened, anything may have happened.
                changed(None);
                while let Some(store) = messages.recv().await {
                    changed(Some(store));
                }
                tracing::debug!("the connection that listens is gone");
            }
            // Behind a pooler there is nothing to hear: the limit on how long a token is remembered has to do.
            Ok(None) => return,
            Err(error) => tracing::debug!(%error, "cannot listen for changes of tokens"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Connects and listens; `None` behind a pooler.
async fn connect(
    connector: &Connector,
    heard: mpsc::Sender<StoreId>,
    changed: Changed,
) -> Result<Option<Session>, tokio_postgres::Error> {
    let told = move |message: AsyncMessage| {
        let AsyncMessage::Notification(notification) = message else { return };
        let store = notification.payload().parse::<StoreId>();
        let delivered = store.is_ok_and(|store| heard.try_send(store).is_ok());
        if !delivered {
            changed(None);
        }
    };
    let mut session = Session::open(&connector.settings, &connector.tls, told).await?;
    if !session.is_direct() {
        return Ok(None);
    }
    session.client().batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    Ok(Some(session))
}
