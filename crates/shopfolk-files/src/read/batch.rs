//! What a file says, read and parsed on a thread of its own, a batch ahead of what is written.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use shopfolk_api::StoreRecord;
use shopfolk_operations::ImportedCustomer;
use tokio::sync::mpsc;

use super::item::{Customers, Filed, Item, Piece, Problem};

/// How many rows are read at once. Some batches lie in memory at a time: one that is read, those that wait, one that is written.
const BATCH: usize = 1_000;
/// How many bytes of a file a batch has at the most, but for one longer row.
const BATCH_BYTES: usize = 1 << 20;
/// The longest text of a customer, in bytes: more than any with the longest texts takes.
pub(crate) const LONGEST: usize = 32 << 20;

/// Some rows, in their order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The customers that were read.
    pub(crate) customers: Vec<ImportedCustomer>,
    /// What each row of the file is.
    pub(crate) rows: Vec<Row>,
    /// The text of the rows.
    pub(crate) text: Vec<u8>,
    /// How many bytes of the file were read so far.
    pub(crate) read: u64,
}

/// A row of a file, or an object, or a card.
#[derive(Debug)]
pub(crate) struct Row {
    /// The number of the line where it begins.
    pub(crate) line: u64,
    /// Where its text is.
    pub(crate) text: Range<usize>,
    /// What it says.
    pub(crate) says: RowSays,
}

/// What a row says.
#[derive(Debug)]
pub(crate) enum RowSays {
    /// The next of the customers, with what of it is left out.
    Customer(Vec<Problem>),
    /// Something else that a store has.
    Record(Box<StoreRecord>),
    /// Nothing that can be taken, for all these reasons.
    Nothing(Vec<Problem>),
}

/// Reads a file in batches. `read` counts the bytes that come out of it.
///
/// # Errors
/// When no thread can be started.
pub(crate) fn read_ahead(
    mut file: Box<dyn Customers>,
    read: Arc<AtomicU64>,
) -> io::Result<mpsc::Receiver<io::Result<Batch>>> {
    let (batches, taken) = mpsc::channel(2);
    let run = move || {
        loop {
            let batch = next_batch(&mut *file, &read);
            if batch.as_ref().is_ok_and(|batch| batch.rows.is_empty()) {
                break;
            }
            let failed = batch.is_err();
            // Nobody wants more when the import has stopped.
            if batches.blocking_send(batch).is_err() || failed {
                break;
            }
        }
    };
    thread::Builder::new().name("customers".to_owned()).spawn(run)?;
    Ok(taken)
}

fn next_batch(file: &mut dyn Customers, read: &AtomicU64) -> io::Result<Batch> {
    let mut batch = Batch::default();
    while batch.rows.len() < BATCH && batch.text.len() < BATCH_BYTES {
        let start = batch.text.len();
        let Some(Item { line, said }) = file.next(&mut batch.text)? else { break };
        let text = start..batch.text.len();
        let says = match said {
            Ok(Piece::Customer(filed)) => {
                let Filed { customer, left_out } = *filed;
                batch.customers.push(customer);
                RowSays::Customer(left_out)
            }
            Ok(Piece::Record(record)) => RowSays::Record(record),
            Err(problems) => RowSays::Nothing(problems),
        };
        batch.rows.push(Row { line, text, says });
    }
    batch.read = read.load(Ordering::Relaxed);
    Ok(batch)
}
