//! Customers in NDJSON: one a line, as the API shows them.

use std::io::{self, BufRead};

use shopfolk_api::{StoreRecord, parse_imported_customer};

use super::batch::LONGEST;
use super::item::{Customers, Filed, Item, Piece, Problem, ReadRules};
use super::record::skip_line;
use crate::write::StoreMark;

/// The lines of a file.
pub(crate) struct Lines<R> {
    input: R,
    rules: ReadRules,
    number: u64,
    /// Whether the lines are of the store whose ids count; joined files may be of several.
    are_own: bool,
    /// Whether there are records of other kinds among them.
    is_whole: bool,
}

impl<R: BufRead> Lines<R> {
    /// Those of this text.
    pub(crate) const fn new(input: R, rules: ReadRules) -> Self {
        Self { input, rules, number: 0, are_own: true, is_whole: false }
    }
}

impl<R: BufRead + Send + 'static> Customers for Lines<R> {
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Item>> {
        loop {
            let start = text.len();
            let limit = LONGEST as u64;
            let read = io::Read::take(&mut self.input, limit).read_until(b'\n', text)? as u64;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let line = self.number;
            if read == limit && text.last() != Some(&b'\n') {
                skip_line(&mut self.input, b'\n')?;
                return Ok(Some(Item::customer(line, Err(vec![Problem::of_row("the line is too long")]))));
            }
            // A byte order mark is no part of the first customer.
            if line == 1 && text[start..].starts_with(b"\xEF\xBB\xBF") {
                text.drain(start..start + 3);
            }
            let customer = text[start..].trim_ascii_end();
            if customer.is_empty() {
                text.truncate(start);
                continue;
            }
            match StoreMark::of_line(customer) {
                Ok(Some(mark)) => {
                    self.are_own = self.rules.is_own(mark.store);
                    self.is_whole = mark.whole;
                    text.truncate(start);
                    continue;
                }
                Ok(None) => {}
                Err(error) => return Ok(Some(Item::customer(line, Err(vec![Problem::of_row(error)])))),
            }
            if self.is_whole {
                match StoreRecord::of_line(customer) {
                    Ok(None) => {}
                    Ok(Some(record)) => {
                        return Ok(Some(Item { line, said: Ok(Piece::Record(Box::new(record))) }));
                    }
                    Err(error) => {
                        return Ok(Some(Item::customer(line, Err(vec![Problem::of_row(error.message())]))));
                    }
                }
            }
            let said = object(customer, &self.rules).map(|filed| filed.without_ids_unless(self.are_own));
            return Ok(Some(Item::customer(line, said)));
        }
    }
}

/// What an object says.
pub(super) fn object(text: &[u8], rules: &ReadRules) -> Result<Filed, Vec<Problem>> {
    match parse_imported_customer(text, rules.empty) {
        Ok(filed) => rules.filed(filed, Vec::new(), str::to_owned),
        // The text was one line: its number in the file says where that is.
        Err(error) => {
            Err(vec![Problem::of_row(error.message().replacen("at line 1, column", "at column", 1))])
        }
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
        let mut lines = Lines::new(text, ReadRules::default());
        let (mut taken, mut rejected) = (Vec::new(), Vec::new());
        let mut texts = Vec::new();
        while let Some(item) = lines.next(&mut texts).unwrap() {
            let (line, said) = item.into_customer();
            match said {
                Ok(_) => taken.push(line),
                Err(problems) => rejected.push(format!("{line} {}", problems[0])),
            }
        }
        assert_eq!(taken, [1, 4]);
        assert_eq!(rejected.len(), 3, "{rejected:?}");
        assert!(rejected[0].starts_with("3 The body must be a JSON object"), "{rejected:?}");
        assert!(rejected[1].contains("5 Malformed JSON at column 11: the text is not UTF-8"), "{rejected:?}");
        assert!(rejected[2].starts_with("6 Malformed JSON"), "{rejected:?}");
    }
}
