//! Customers in vCards: 2.1, 3.0 and 4.0, several in a file.

mod card;
mod network;

use std::io::{self, BufRead};

use calcard::vcard::VCard;

use super::batch::LONGEST;
use super::encoding::TextEncoding;
use super::item::{Customers, Filed, Item, Problem, ReadRules};
use super::record::skip_line;

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

    /// Reads the lines of a card, from the one that begins it to the one that ends it, and says in which line it begins and
    /// whether it is too long, of which nothing is kept then; `None` at the end of the file. What stands before it and is no card
    /// comes with it.
    fn card(&mut self, text: &mut Vec<u8>) -> io::Result<Option<(u64, bool)>> {
        let (begin, mut first, mut depth, mut too_long) = (text.len(), None, 0_usize, false);
        loop {
            let start = text.len();
            let limit = LONGEST as u64;
            let read = io::Read::take(&mut self.input, limit).read_until(b'\n', text)? as u64;
            if read == 0 {
                return Ok(first.map(|line| (line, too_long)));
            }
            self.lines += 1;
            if read == limit && text.last() != Some(&b'\n') {
                skip_line(&mut self.input, b'\n')?;
            }
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
                    return Ok(first.map(|line| (line, too_long)));
                }
            }
            too_long |= text.len() - begin > LONGEST;
            if too_long {
                text.truncate(begin);
            }
        }
    }
}

impl<R: BufRead + Send + 'static> Customers for Cards<R> {
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Item>> {
        let start = text.len();
        let Some((line, too_long)) = self.card(text)? else { return Ok(None) };
        let said = if too_long {
            text.truncate(start);
            Err(vec![Problem::of_row("the card is too long")])
        } else {
            read(&text[start..], &self.rules)
        };
        Ok(Some(Item::customer(line, said)))
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
