//! Customers in vCards: 2.1, 3.0 and 4.0, several in a file.

mod card;
mod network;

use std::io::{self, BufRead};

use calcard::vcard::VCard;

use super::batch::LONGEST;
use super::encoding::TextEncoding;
use super::item::{Customers, Filed, Item, Problem, ReadRules};

/// The cards of a file.
pub(crate) struct Cards<R> {
    input: R,
    rules: ReadRules,
    lines: u64,
}

impl<R: BufRead> Cards<R> {
    /// Those of this text.
    pub(crate) const fn new(input: R, rules: ReadRules) -> Self {
        Self { input, rules, lines: 0 }
    }

    /// Reads the lines of a card, from the one that begins it to the one that ends it; `None` at the end of the file. What
    /// stands before it and is no card comes with it.
    fn card(&mut self, text: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let (mut first, mut depth) = (None, 0_usize);
        loop {
            let start = text.len();
            let limit = LONGEST as u64;
            if io::Read::take(&mut self.input, limit).read_until(b'\n', text)? == 0 {
                return Ok(first);
            }
            self.lines += 1;
            let line = text[start..].trim_ascii();
            if first.is_none() && line.is_empty() {
                text.truncate(start);
                continue;
            }
            first = first.or(Some(self.lines));
            if line.eq_ignore_ascii_case(b"BEGIN:VCARD") {
                depth += 1;
            } else if line.eq_ignore_ascii_case(b"END:VCARD") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(first);
                }
            }
        }
    }
}

impl<R: BufRead + Send + 'static> Customers for Cards<R> {
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Item>> {
        let start = text.len();
        let Some(line) = self.card(text)? else { return Ok(None) };
        Ok(Some(Item::customer(line, read(&text[start..], &self.rules))))
    }
}

fn read(text: &[u8], rules: &ReadRules) -> Result<Filed, Vec<Problem>> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => TextEncoding::of(text).decode(text),
    };
    match VCard::parse(text.trim_start_matches('\u{feff}')) {
        Ok(card) => card::customer(&card, rules),
        Err(_) => Err(vec![Problem::of_row("this is no whole vCard, from BEGIN:VCARD to END:VCARD")]),
    }
}

#[cfg(test)]
mod tests;
