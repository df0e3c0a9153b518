//! Lines of a file, read and parsed on a thread of their own, a batch ahead of those that are written.

use std::io::{self, BufRead};
use std::thread;

use anyhow::{Context, Result};
use shopfolk_api::parse_imported_customer;
use shopfolk_operations::ImportedCustomer;
use tokio::sync::mpsc;

/// How many customers are written at once.
const BATCH: usize = 1_000;
/// The longest line, in bytes: more than any customer with the longest texts takes.
const LONGEST_LINE: u64 = 32 << 20;

/// Some lines.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The customers in them, each with the number of its line.
    pub(super) customers: Vec<(u64, ImportedCustomer)>,
    /// The numbers of the lines that are no customers, with the reason.
    pub(super) rejected: Vec<(u64, String)>,
    /// How many bytes they took.
    pub(super) bytes: u64,
}

/// Reads a file in batches.
///
/// # Errors
/// When no thread can be started.
pub(super) fn read(input: impl BufRead + Send + 'static) -> Result<mpsc::Receiver<io::Result<Batch>>> {
    let (batches, taken) = mpsc::channel(2);
    let read = move || {
        let mut lines = Lines { input, number: 0 };
        loop {
            let batch = lines.batch();
            if batch.as_ref().is_ok_and(|batch| batch.bytes == 0) {
                break;
            }
            let failed = batch.is_err();
            // Nobody wants more when the command has stopped.
            if batches.blocking_send(batch).is_err() || failed {
                break;
            }
        }
    };
    thread::Builder::new().name("lines".to_owned()).spawn(read).context("cannot start a thread")?;
    Ok(taken)
}

struct Lines<R> {
    input: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn batch(&mut self) -> io::Result<Batch> {
        let mut batch = Batch::default();
        let mut line = Vec::new();
        while batch.customers.len() < BATCH && batch.rejected.len() < BATCH {
            line.clear();
            let read = io::Read::take(&mut self.input, LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
            if read == 0 {
                break;
            }
            batch.bytes += read;
            self.number += 1;
            if read == LONGEST_LINE && line.last() != Some(&b'\n') {
                batch.rejected.push((self.number, "the line is too long".to_owned()));
                batch.bytes += self.skip_line()?;
                continue;
            }
            let text = line.trim_ascii_end();
            // A byte order mark is no part of the first customer.
            let text =
                if self.number == 1 { text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text) } else { text };
            if text.is_empty() {
                continue;
            }
            match parse_imported_customer(text) {
                Ok(customer) => batch.customers.push((self.number, customer)),
                // The text was one line: its number in the file says where that is.
                Err(error) => {
                    let reason = error.message().replacen("at line 1, column", "at column", 1);
                    batch.rejected.push((self.number, reason));
                }
            }
        }
        Ok(batch)
    }

    fn skip_line(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let buffered = self.input.fill_buf()?;
            if buffered.is_empty() {
                return Ok(skipped);
            }
            let (length, ends) = match buffered.iter().position(|&byte| byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (buffered.len(), false),
            };
            self.input.consume(length);
            skipped += length as u64;
            if ends {
                return Ok(skipped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(text: &[u8]) -> Batch {
        Lines { input: text, number: 0 }.batch().unwrap()
    }

    #[test]
    fn a_line_that_is_no_customer_is_named_by_its_number_and_reason() {
        let text = b"{\"email\":\"a@example.com\"}\n\n[1]\n{\"email\":\"b@example.com\"}\r\n{\"email\":\"\xFC@example.com\"}\n{\"email\":\"c@exa";
        let batch = batch(text);
        let lines: Vec<_> = batch.customers.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 4]);
        let rejected: Vec<_> =
            batch.rejected.iter().map(|(line, reason)| format!("{line} {reason}")).collect();
        assert_eq!(rejected.len(), 3, "{rejected:?}");
        assert!(rejected[0].starts_with("3 The body must be a JSON object"), "{rejected:?}");
        assert!(rejected[1].contains("5 Malformed JSON at column 11: the text is not UTF-8"), "{rejected:?}");
        assert!(rejected[2].starts_with("6 Malformed JSON"), "{rejected:?}");
        assert_eq!(batch.bytes, text.len() as u64);
    }
}
