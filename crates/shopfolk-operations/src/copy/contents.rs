//! What a store holds, as counts and a checksum, which are the same in every database that holds the same.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};
use shopfolk_model::{Store, StoreId};
use shopfolk_store::{
    Aggregate, Dialect, Engine, Portion, Record, StoreError, StoredEvent, Table, Value, for_every_aggregate,
};

use super::transactions::{EVENTS, List};
use super::{CopyError, is_counted};
use crate::GetStore;

/// SHA-256 over all rows of a store, shown in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum([u8; 32]);

impl fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What a store holds. Whether it is suspended is not in it, nor are its next ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreContents {
    /// How many rows of each table.
    counts: BTreeMap<&'static str, u64>,
    /// The checksum over all of them.
    pub checksum: Checksum,
}

impl StoreContents {
    /// How many rows a table has.
    pub fn count(&self, table: &Table) -> u64 {
        self.counts.get(table.name).copied().unwrap_or_default()
    }
}

/// Reads everything that a store holds, portion by portion. `failed` says which side it is when the database fails; `read`
/// is told how many customers and events were read.
///
/// # Errors
/// When there is no such store, a row is damaged, the database fails, or `read` says so.
pub(super) async fn contents_of<E: Engine>(
    engine: &E,
    id: StoreId,
    failed: fn(StoreError) -> CopyError,
    mut read: impl FnMut(u64) -> Result<(), CopyError>,
) -> Result<StoreContents, CopyError> {
    let mut sum = Sum { hash: Sha256::new(), counts: BTreeMap::new() };
    let store = engine.read(id, GetStore).await.map_err(failed)?;
    let store = store.ok_or(CopyError::StoreNotFound { id })?;
    sum.record(&Store { suspended: false, ..store });
    let mut reading = Reading { engine, id, failed };
    let mut done = 0;
    macro_rules! read_all {
        ($($aggregate:ty),+) => {
            $(let reads = reading.all::<$aggregate>(&mut sum, |portion| {
                done += portion;
                read(done)
            });
            reads.await?;)+
        };
    }
    for_every_aggregate!(read_all);
    let mut after = None;
    loop {
        let portion = engine.list_events(id, after, EVENTS).await.map_err(failed)?;
        let Some(last) = portion.last() else { break };
        after = Some(last.position);
        for event in &portion {
            sum.record::<StoredEvent>(event);
        }
        done += portion.len() as u64;
        read(done)?;
    }
    Ok(StoreContents { counts: sum.counts, checksum: Checksum(sum.hash.finalize().into()) })
}

struct Reading<'a, E> {
    engine: &'a E,
    id: StoreId,
    failed: fn(StoreError) -> CopyError,
}

impl<E: Engine> Reading<'_, E> {
    async fn all<A: Aggregate>(
        &mut self,
        sum: &mut Sum,
        mut read: impl FnMut(u64) -> Result<(), CopyError>,
    ) -> Result<(), CopyError> {
        let mut after = None;
        while let Some(Portion { listed, through }) =
            self.engine.read(self.id, List::<A>::after(after)).await.map_err(self.failed)?
        {
            if listed.damaged > 0 {
                return Err(CopyError::Damaged { id: self.id, damaged: listed.damaged });
            }
            after = Some(through);
            // The same rows in every database, whatever they are kept like there.
            for (table, row) in listed.items.iter().flat_map(|aggregate| aggregate.rows(Dialect::Sqlite)) {
                sum.row(table, &row);
            }
            if is_counted::<A>() {
                read(listed.items.len() as u64)?;
            }
        }
        Ok(())
    }
}

/// The checksum while it is made. Every row begins with the name of its table, every value with its kind, and every text
/// with its length: no two different stores are written the same way.
struct Sum {
    hash: Sha256,
    counts: BTreeMap<&'static str, u64>,
}

impl Sum {
    fn record<R: Record>(&mut self, record: &R) {
        self.row(R::TABLE, &record.encode(Dialect::Sqlite));
    }

    fn row(&mut self, table: &'static Table, row: &[Value<'_>]) {
        *self.counts.entry(table.name).or_default() += 1;
        self.bytes(b'R', table.name.as_bytes());
        for value in row {
            match value {
                Value::Null => self.hash.update(b"N"),
                Value::Integer(number) => self.bytes(b'I', &number.to_be_bytes()),
                Value::Text(text) => self.bytes(b'T', text.as_bytes()),
                Value::Bytes(bytes) => self.bytes(b'B', bytes),
            }
        }
    }

    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.hash.update([kind]);
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }
}
