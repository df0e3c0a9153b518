//! Events.

use shopfolk_model::Event;
use shopfolk_store::{StoreError, WriteEvents};

use crate::failure::Failure;
use crate::ids::Kind;
use crate::parameter::parameters_of;
use crate::session::{Session, Step};
use crate::tx::PostgresWriteTx;

impl WriteEvents for PostgresWriteTx<'_> {
    async fn append_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let id = self.take_id(Kind::Event).await?;
        self.access.event.get_or_insert(id);
        self.write(
            "append an event",
            "INSERT INTO events (store_id, event_id, event_type, entity_id, created) VALUES ($1, $2, $3, $4, $5)",
            parameters_of![
                self.store.get(),
                id,
                i16::from(event.happening.code()),
                event.happening.entity_id(),
                event.created.unix_seconds(),
            ],
        );
        Ok(())
    }
}

/// How many event ids were reserved: as many events as there are, but for what is left of blocks.
pub(crate) async fn count_events(session: &Session) -> Result<u64, Failure> {
    let step = Step::Run {
        what: "count the events",
        sql: "SELECT coalesce(sum(next_event_id - 1), 0)::bigint FROM counters",
        parameters: Vec::new(),
        touches: None,
    };
    let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("count the events", error))?;
    Ok(crate::row::count(answers.first().and_then(|answer| answer.rows.first())))
}
