//! What was tried: seen, and forgotten.

use shopfolk_model::{AppId, Timestamp, WebhookAttempt, WebhookAttemptId, WebhookEventId, WebhookEventSet};
use shopfolk_store::{
    IdKind, Length, Query, ReadOperation, ReadTx, Record, StoreError, Which, WriteOperation, WriteTx,
};

/// How many attempts are looked through at once: their requests and answers can be long.
pub(crate) const PORTION: i64 = 200;
/// How many portions are looked through for one answer.
const PORTIONS: usize = 20;

/// Which attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// To this app.
    pub app: Option<AppId>,
    /// To tell of such events.
    pub events: WebhookEventSet,
    /// To tell of this event.
    pub event: Option<WebhookEventId>,
    /// Those that succeeded, or those that did not.
    pub delivered: Option<bool>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Up to this time.
    pub to: Option<Timestamp>,
}

impl AttemptFilter {
    fn matches(&self, attempt: &WebhookAttempt) -> bool {
        let Self { app, events, event, delivered, from, to } = self;
        app.is_none_or(|app| app == attempt.webhook.app)
            && events.contains(attempt.event.event_type)
            && event.is_none_or(|event| event == attempt.event.id)
            && delivered.is_none_or(|delivered| delivered == attempt.is_delivered())
            && from.is_none_or(|from| from <= attempt.tried)
            && to.is_none_or(|to| attempt.tried <= to)
    }
}

/// Lists attempts, the latest first.
#[derive(Debug, Clone)]
pub struct ListAttempts {
    /// Which.
    pub filter: AttemptFilter,
    /// Those before this one; `None` for the latest.
    pub before: Option<WebhookAttemptId>,
    /// How many at the most.
    pub limit: usize,
}

/// Some attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAttempts {
    /// The attempts, the latest first.
    pub attempts: Vec<WebhookAttempt>,
    /// Before which others may be; `None` where there are none. There may be some even where none was found: only so many
    /// are looked through at once.
    pub next: Option<WebhookAttemptId>,
}

impl ReadOperation for ListAttempts {
    type Output = ListedAttempts;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let mut before = match self.before {
            Some(before) => before.get(),
            None => tx.lookup_next_ids().await?.of(IdKind::WebhookAttempt),
        };
        let mut attempts = Vec::new();
        for _ in 0..PORTIONS {
            // Ids were given one after the other, so those before one are found by counting.
            let from = (before - PORTION).max(0);
            let mut found: Vec<WebhookAttempt> = tx.list(between(from, before)).await?.items;
            found.retain(|attempt| attempt.id.get() < before);
            let none_earlier =
                found.first().is_some_and(|first| self.filter.from.is_some_and(|from| first.tried < from));
            for attempt in found.into_iter().rev().filter(|attempt| self.filter.matches(attempt)) {
                if attempts.len() == self.limit {
                    let next = attempts.last().map(|last: &WebhookAttempt| last.id);
                    return Ok(ListedAttempts { attempts, next });
                }
                attempts.push(attempt);
            }
            before = from;
            if from == 0 || none_earlier {
                return Ok(ListedAttempts { attempts, next: None });
            }
        }
        Ok(ListedAttempts { attempts, next: WebhookAttemptId::new(before).ok() })
    }
}

/// The attempts from an id on, up to one at the most.
fn between(from: i64, to: i64) -> Query<'static> {
    let limit = u32::try_from(to - from).unwrap_or(u32::MAX);
    Query { table: WebhookAttempt::TABLE, which: Which::After(Some(vec![(from - 1).into()]), limit) }
}

/// Finds an attempt; `None` where there is none.
#[derive(Debug, Clone, Copy)]
pub struct GetAttempt {
    /// Which.
    pub id: WebhookAttemptId,
}

impl ReadOperation for GetAttempt {
    type Output = Option<WebhookAttempt>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.get((self.id,)).await
    }
}

/// Forgets some attempts: those that are too old, and those that are too many. Answers whether there may be more.
#[derive(Debug, Clone, Copy)]
pub struct ForgetAttempts {
    /// Those before this time.
    pub before: Timestamp,
    /// So many stay at the most.
    pub most: i64,
}

impl WriteOperation for ForgetAttempts {
    type Output = bool;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<bool, StoreError> {
        let first_kept = tx.lookup_next_ids().await?.of(IdKind::WebhookAttempt) - self.most;
        let limit = u32::try_from(PORTION).unwrap_or(u32::MAX);
        let query = Query { table: WebhookAttempt::TABLE, which: Which::After(None, limit) };
        let (mut found, mut over) = (0, Vec::new());
        tx.read(&[query], &mut |_, row| {
            found += 1;
            let decoded = row.decode::<WebhookAttempt>();
            over.extend(
                decoded.ok().filter(|attempt| attempt.tried < self.before || attempt.id.get() < first_kept),
            );
        })
        .await?;
        let keys: Vec<_> = over.iter().map(|attempt| (attempt.id,)).collect();
        tx.delete_if_there::<WebhookAttempt>(&keys).await?;
        Ok(keys.len() == usize::try_from(PORTION).unwrap_or(usize::MAX) && found > 0)
    }
}
