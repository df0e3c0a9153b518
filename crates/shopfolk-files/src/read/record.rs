//! Records of CSV as RFC 4180 has them, found in the lines of a file.
//!
//! A reader of CSV takes a quote that is never closed for a cell with all the rest of the file. So the quotes are looked at
//! first: a record whose quotes are broken is told with its line, and reading goes on with the line after.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use super::batch::{LONGEST, skip_line};

/// Why a text is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRecord {
    /// A quote opens a cell and none closes it.
    #[error("a quoted cell that begins in this line is never closed")]
    NeverClosed,
    /// Something follows a closing quote.
    #[error("in line {line}, character {character}: a quoted cell ends here, and no comma follows")]
    BehindQuote {
        /// The number of the line.
        line: u64,
        /// The place in it, from 1.
        character: usize,
    },
    /// A quote stands where none may.
    #[error(
        "in line {line}, character {character}: a quote in a cell that does not begin with one; write \"\" within quotes"
    )]
    StrayQuote {
        /// The number of the line.
        line: u64,
        /// The place in it, from 1.
        character: usize,
    },
    /// It is longer than any customer.
    #[error("the row is too long")]
    TooLong,
}

/// The text of a record, or why it is none.
pub(super) type Record = Result<Vec<u8>, BrokenRecord>;

/// Where a record is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Begin,
    /// In a cell without quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind a quote within quotes: the end of the cell, or the first half of a doubled one.
    Behind,
}

/// The records of a file.
pub(super) struct Records<R> {
    input: R,
    /// Lines that were read, and come again because the record before them was broken.
    again: VecDeque<Vec<u8>>,
    /// How many lines came.
    lines: u64,
    bytes: u64,
}

impl<R: BufRead> Records<R> {
    /// Those of this text.
    pub(super) const fn new(input: R) -> Self {
        Self { input, again: VecDeque::new(), lines: 0, bytes: 0 }
    }

    /// How many bytes were read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next record with the number of its first line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Record)>> {
        let mut record = Vec::new();
        let mut ends = Vec::new();
        let mut state = State::Begin;
        let first = self.lines + 1;
        loop {
            let start = record.len();
            match self.next_line(&mut record)? {
                Line::Read => {}
                Line::End if ends.is_empty() => return Ok(None),
                Line::End => {
                    return Ok(Some((first, self.broken(&record, &ends, BrokenRecord::NeverClosed))));
                }
                Line::TooLong => return Ok(Some((first, Err(BrokenRecord::TooLong)))),
            }
            ends.push(record.len());
            match read_line(state, &record[start..], self.lines) {
                Ok(State::Quoted) if record.len() > LONGEST => {
                    return Ok(Some((first, self.broken(&record, &ends, BrokenRecord::TooLong))));
                }
                Ok(State::Quoted) => state = State::Quoted,
                Ok(State::Begin | State::Plain | State::Behind) => return Ok(Some((first, Ok(record)))),
                Err(broken) => return Ok(Some((first, self.broken(&record, &ends, broken)))),
            }
        }
    }

    /// Has all lines of a record but the first one come again.
    fn broken(&mut self, record: &[u8], ends: &[usize], broken: BrokenRecord) -> Record {
        for pair in ends.windows(2).rev() {
            self.again.push_front(record[pair[0]..pair[1]].to_vec());
            self.lines -= 1;
        }
        Err(broken)
    }

    fn next_line(&mut self, record: &mut Vec<u8>) -> io::Result<Line> {
        if let Some(line) = self.again.pop_front() {
            record.extend_from_slice(&line);
            self.lines += 1;
            return Ok(Line::Read);
        }
        let limit = LONGEST as u64;
        let read = io::Read::take(&mut self.input, limit).read_until(b'\n', record)? as u64;
        if read == 0 {
            return Ok(Line::End);
        }
        self.bytes += read;
        self.lines += 1;
        if read == limit && record.last() != Some(&b'\n') {
            self.bytes += skip_line(&mut self.input)?;
            return Ok(Line::TooLong);
        }
        Ok(Line::Read)
    }
}

enum Line {
    Read,
    TooLong,
    End,
}

/// Goes through a line, and answers how it ends.
fn read_line(mut state: State, line: &[u8], number: u64) -> Result<State, BrokenRecord> {
    let text = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    for (at, &byte) in text.iter().enumerate() {
        let character = || String::from_utf8_lossy(&text[..at]).chars().count() + 1;
        state = match (state, byte) {
            (State::Begin, b'"') => State::Quoted,
            (State::Begin | State::Plain | State::Behind, b',') => State::Begin,
            (State::Plain, b'"') => {
                return Err(BrokenRecord::StrayQuote { line: number, character: character() });
            }
            (State::Begin | State::Plain, _) => State::Plain,
            (State::Quoted, b'"') => State::Behind,
            (State::Quoted, _) | (State::Behind, b'"') => State::Quoted,
            (State::Behind, _) => {
                return Err(BrokenRecord::BehindQuote { line: number, character: character() });
            }
        };
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<String, BrokenRecord>)> {
        let mut records = Records::new(text.as_bytes());
        let mut read = Vec::new();
        while let Some((line, record)) = records.next().unwrap() {
            read.push((line, record.map(|record| String::from_utf8(record).unwrap())));
        }
        assert_eq!(records.bytes(), text.len() as u64);
        read
    }

    #[test]
    fn a_quoted_cell_may_have_commas_quotes_and_lines() {
        let text = "a,b\r\n\"1,\"\"2\"\"\r\n3\",4\r\n\n5,";
        assert_eq!(
            read(text),
            [
                (1, Ok("a,b\r\n".to_owned())),
                (2, Ok("\"1,\"\"2\"\"\r\n3\",4\r\n".to_owned())),
                (4, Ok("\n".to_owned())),
                (5, Ok("5,".to_owned()))
            ]
        );
    }

    #[test]
    fn a_broken_quote_is_told_and_the_next_line_is_read() {
        assert_eq!(
            read("1,\"Anna\n2,\"Berta\",x\n3,\"Cäc\"ilie\n4,D\"ora\n5,\"\"\n"),
            [
                (1, Err(BrokenRecord::BehindQuote { line: 2, character: 4 })),
                (2, Ok("2,\"Berta\",x\n".to_owned())),
                (3, Err(BrokenRecord::BehindQuote { line: 3, character: 8 })),
                (4, Err(BrokenRecord::StrayQuote { line: 4, character: 4 })),
                (5, Ok("5,\"\"\n".to_owned())),
            ]
        );
        assert_eq!(
            read("1,\"Anna\n2,Berta\n"),
            [(1, Err(BrokenRecord::NeverClosed)), (2, Ok("2,Berta\n".to_owned()))]
        );
    }
}
