//! Customers of a file, read and parsed on a thread of their own, a batch ahead of those that are written.

use std::io::{self, BufRead};
use std::thread;

use shopfolk_operations::ImportedCustomer;
use tokio::sync::mpsc;

/// How many customers are written at once.
const BATCH: usize = 4_000;
/// The longest text of a customer, in bytes: more than any with the longest texts takes.
pub(super) const LONGEST: usize = 32 << 20;

/// Some customers.
#[derive(Debug, Default)]
pub struct Batch {
    /// The customers, each with the number of the line where it begins.
    pub customers: Vec<(u64, ImportedCustomer)>,
    /// The lines where something begins that is no customer, with the reason.
    pub rejected: Vec<(u64, String)>,
    /// How many bytes they took.
    pub bytes: u64,
}

/// What one text of a file is.
#[derive(Debug)]
pub struct Item {
    /// The number of the line where it begins.
    pub line: u64,
    /// The customer, or why it is none.
    pub customer: Result<ImportedCustomer, String>,
}

/// A file with customers, in any format.
pub trait Customers: Send + 'static {
    /// The next one; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn next(&mut self) -> io::Result<Option<Item>>;
    /// How many bytes were read so far.
    fn bytes(&self) -> u64;
}

/// Reads a file in batches.
///
/// # Errors
/// When no thread can be started.
pub fn read(mut file: impl Customers) -> io::Result<mpsc::Receiver<io::Result<Batch>>> {
    let (batches, taken) = mpsc::channel(2);
    let read = move || {
        loop {
            let batch = next_batch(&mut file);
            if batch.as_ref().is_ok_and(|batch| batch.customers.is_empty() && batch.rejected.is_empty()) {
                break;
            }
            let failed = batch.is_err();
            // Nobody wants more when the command has stopped.
            if batches.blocking_send(batch).is_err() || failed {
                break;
            }
        }
    };
    thread::Builder::new().name("customers".to_owned()).spawn(read)?;
    Ok(taken)
}

fn next_batch(file: &mut impl Customers) -> io::Result<Batch> {
    let mut batch = Batch::default();
    let before = file.bytes();
    while batch.customers.len() < BATCH && batch.rejected.len() < BATCH {
        let Some(Item { line, customer }) = file.next()? else { break };
        match customer {
            Ok(customer) => batch.customers.push((line, customer)),
            Err(reason) => batch.rejected.push((line, reason)),
        }
    }
    batch.bytes = file.bytes() - before;
    Ok(batch)
}

/// Passes over the rest of a line that is too long, and says how many bytes that were.
pub(super) fn skip_line(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffered = input.fill_buf()?;
        if buffered.is_empty() {
            return Ok(skipped);
        }
        let (length, ends) = match buffered.iter().position(|&byte| byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffered.len(), false),
        };
        input.consume(length);
        skipped += length as u64;
        if ends {
            return Ok(skipped);
        }
    }
}
