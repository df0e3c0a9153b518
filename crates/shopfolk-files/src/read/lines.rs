//! Customers in NDJSON: one a line, as the API shows them.

use std::io::{self, BufRead};

use shopfolk_api::parse_imported_customer;

use super::batch::{Customers, Item, LONGEST, skip_line};
use crate::write::StoreMark;

/// The lines of a file.
pub struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    /// Those of this text.
    pub const fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0, bytes: 0 }
    }
}

impl<R: BufRead + Send + 'static> Customers for Lines<R> {
    fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            self.line.clear();
            let limit = LONGEST as u64;
            let read = io::Read::take(&mut self.input, limit).read_until(b'\n', &mut self.line)? as u64;
            if read == 0 {
                return Ok(None);
            }
            self.bytes += read;
            self.number += 1;
            let line = self.number;
            if read == limit && self.line.last() != Some(&b'\n') {
                self.bytes += skip_line(&mut self.input)?;
                return Ok(Some(Item { line, customer: Err("the line is too long".to_owned()) }));
            }
            let text = self.line.trim_ascii_end();
            // A byte order mark is no part of the first customer.
            let text = if line == 1 { text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text) } else { text };
            if text.is_empty() {
                continue;
            }
            match StoreMark::of_line(text) {
                Ok(Some(_)) => continue,
                Ok(None) => {}
                Err(error) => return Ok(Some(Item { line, customer: Err(error.to_string()) })),
            }
            // The text was one line: its number in the file says where that is.
            let customer = parse_imported_customer(text)
                .map_err(|error| error.message().replacen("at line 1, column", "at column", 1));
            return Ok(Some(Item { line, customer }));
        }
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_customer_is_named_by_its_number_and_reason() {
        let text: &[u8] =
            b"\xEF\xBB\xBF{\"email\":\"a@example.com\"}\n\n[1]\n{\"email\":\"b@example.com\"}\r\n\
            {\"email\":\"\xFC@example.com\"}\n{\"email\":\"c@exa";
        let mut lines = Lines::new(text);
        let (mut taken, mut rejected) = (Vec::new(), Vec::new());
        while let Some(Item { line, customer }) = lines.next().unwrap() {
            match customer {
                Ok(_) => taken.push(line),
                Err(reason) => rejected.push(format!("{line} {reason}")),
            }
        }
        assert_eq!(taken, [1, 4]);
        assert_eq!(rejected.len(), 3, "{rejected:?}");
        assert!(rejected[0].starts_with("3 The body must be a JSON object"), "{rejected:?}");
        assert!(rejected[1].contains("5 Malformed JSON at column 11: the text is not UTF-8"), "{rejected:?}");
        assert!(rejected[2].starts_with("6 Malformed JSON"), "{rejected:?}");
        assert_eq!(lines.bytes(), text.len() as u64);
    }
}
