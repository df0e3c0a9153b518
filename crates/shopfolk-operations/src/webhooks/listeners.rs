//! Who is to be told what happens in a store.

use std::collections::HashMap;

use shopfolk_model::{App, AppId, CustomerId, Happening, Store, StoreId, Timestamp, WebhookReader};
use shopfolk_store::{
    CustomerRow, Length, Query, ReadOperation, ReadTx, Record, RecordKey, StoreError, Which, WriteOperation,
    WriteTx,
};

/// Asks how far the events of a store were read for its apps; `None` where no app was ever let in.
#[derive(Debug, Clone, Copy)]
pub struct GetReader;

impl ReadOperation for GetReader {
    type Output = Option<(Store, WebhookReader)>;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        Ok(tx.get::<Store>(()).await?.zip(tx.get::<WebhookReader>(()).await?))
    }
}

/// Finds apps, in the platform.
#[derive(Debug, Clone)]
pub struct GetApps {
    /// Which.
    pub apps: Vec<AppId>,
}

impl ReadOperation for GetApps {
    type Output = Vec<App>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let keys: Vec<_> = self.apps.iter().map(|&app| (app,)).collect();
        Ok(tx.list::<App>(Query::keys::<App>(&keys)).await?.items)
    }
}

/// Finds the e-mail addresses of customers who are there and have one.
#[derive(Debug, Clone)]
pub struct GetEmails {
    /// Which customers.
    pub customers: Vec<CustomerId>,
}

impl ReadOperation for GetEmails {
    type Output = HashMap<CustomerId, String>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let keys = self.customers.iter().map(|&customer| (customer,).values()).collect();
        let found =
            tx.list::<CustomerRow>(Query { table: CustomerRow::TABLE, which: Which::Keys(keys) }).await?;
        let email = |row: CustomerRow| Some((row.id, row.email?.as_str().to_owned()));
        Ok(found.items.into_iter().filter_map(email).collect())
    }
}

/// Notes in the platform that webhooks of an app succeed or fail: two weeks of nothing but failures switch them off. Answers
/// the app as it is then.
#[derive(Debug, Clone, Copy)]
pub struct NoteAttempt {
    /// The app.
    pub app: AppId,
    /// Whether the last attempt succeeded.
    pub delivered: bool,
    /// Now.
    pub now: Timestamp,
}

impl NoteAttempt {
    /// Where it is noted.
    pub const STORE: StoreId = StoreId::PLATFORM;
}

impl WriteOperation for NoteAttempt {
    type Output = Option<App>;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let Some(before) = tx.get::<App>((self.app,)).await? else { return Ok(None) };
        let after = before.clone().after_attempt(self.delivered, self.now);
        if after != before {
            tx.update(std::slice::from_ref(&after)).await?;
            tx.append(Happening::AppChanged(self.app), self.now).await?;
        }
        Ok(Some(after))
    }
}
