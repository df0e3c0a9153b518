//! Records of CSV as RFC 4180 has them, found in the lines of a file.
//!
//! A reader of CSV takes a quote that is never closed for a cell with all the rest of the file. So the quotes are looked at
//! first: a record whose quotes are broken is told with its line, and reading goes on with the line after.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use super::batch::LONGEST;

/// Why a text is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRecord {
    /// A quote opens a cell and none closes it.
    #[error("a quoted cell that begins in this line is never closed")]
    NeverClosed,
    /// Something follows a closing quote.
    #[error("in line {line}, character {character}: a quoted cell ends here, and more follows")]
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

/// Whether a text is a record, or why it is none.
pub(crate) type Record = Result<(), BrokenRecord>;

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

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// LF, with or without a CR before it.
    Newline,
    /// CR alone, as old programs of Apple's write it.
    CarriageReturn,
}

impl LineEnd {
    /// What ends the first line of a text, quoted ones not counted.
    pub(crate) fn of(head: &[u8]) -> Self {
        let mut quoted = false;
        let mut bytes = head.iter().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' if !quoted => return Self::Newline,
                b'\r' if !quoted && bytes.peek() != Some(&&b'\n') => return Self::CarriageReturn,
                _ => {}
            }
        }
        Self::Newline
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Newline => b'\n',
            Self::CarriageReturn => b'\r',
        }
    }
}

/// The records of a file.
pub(crate) struct Records<R> {
    input: R,
    delimiter: u8,
    end: u8,
    /// Lines that were read, and come again because the record before them was broken.
    again: VecDeque<Vec<u8>>,
    /// How many lines came.
    lines: u64,
}

impl<R: BufRead> Records<R> {
    /// Those of this text.
    pub(crate) const fn new(input: R, delimiter: u8, end: LineEnd) -> Self {
        Self { input, delimiter, end: end.byte(), again: VecDeque::new(), lines: 0 }
    }

    /// What stands between cells.
    pub(crate) const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Has cells parted by something else from now on.
    pub(crate) const fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Has a line come again, as the next one.
    pub(crate) fn put_back(&mut self, line: Vec<u8>) {
        self.again.push_front(line);
        self.lines -= 1;
    }

    /// Reads the next line as it is, quotes or not; `None` at the end.
    pub(crate) fn next_text(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        Ok(match self.next_line(&mut line)? {
            Line::Read => Some(line),
            Line::TooLong | Line::End => None,
        })
    }

    /// Reads the next record into `record`, and answers with the number of its first line; `None` at the end. Of one that is
    /// none, it is the first line.
    pub(crate) fn next(&mut self, record: &mut Vec<u8>) -> io::Result<Option<(u64, Record)>> {
        record.clear();
        let mut ends = Vec::new();
        let mut state = State::Begin;
        let first = self.lines + 1;
        loop {
            let start = record.len();
            match self.next_line(record)? {
                Line::Read => {}
                Line::End if ends.is_empty() => return Ok(None),
                Line::End => {
                    return Ok(Some((first, self.broken(record, &ends, BrokenRecord::NeverClosed))));
                }
                Line::TooLong => return Ok(Some((first, Err(BrokenRecord::TooLong)))),
            }
            ends.push(record.len());
            match read_line(state, &record[start..], self.lines, self.delimiter) {
                Ok(State::Quoted) if record.len() > LONGEST => {
                    return Ok(Some((first, self.broken(record, &ends, BrokenRecord::TooLong))));
                }
                Ok(State::Quoted) => state = State::Quoted,
                Ok(State::Begin | State::Plain | State::Behind) => return Ok(Some((first, Ok(())))),
                Err(broken) => return Ok(Some((first, self.broken(record, &ends, broken)))),
            }
        }
    }

    /// Has all lines of a record but the first one come again.
    fn broken(&mut self, record: &mut Vec<u8>, ends: &[usize], broken: BrokenRecord) -> Record {
        for pair in ends.windows(2).rev() {
            self.again.push_front(record[pair[0]..pair[1]].to_vec());
            self.lines -= 1;
        }
        record.truncate(ends.first().copied().unwrap_or_default());
        Err(broken)
    }

    fn next_line(&mut self, record: &mut Vec<u8>) -> io::Result<Line> {
        if let Some(line) = self.again.pop_front() {
            record.extend_from_slice(&line);
            self.lines += 1;
            return Ok(Line::Read);
        }
        let limit = LONGEST as u64;
        let read = io::Read::take(&mut self.input, limit).read_until(self.end, record)? as u64;
        if read == 0 {
            return Ok(Line::End);
        }
        self.lines += 1;
        if read == limit && record.last() != Some(&self.end) {
            skip_line(&mut self.input, self.end)?;
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
fn read_line(mut state: State, line: &[u8], number: u64, delimiter: u8) -> Result<State, BrokenRecord> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    // Most lines have no quotes at all.
    if state == State::Begin && memchr::memchr(b'"', text).is_none() {
        return Ok(State::Plain);
    }
    for (at, &byte) in text.iter().enumerate() {
        let character = || String::from_utf8_lossy(&text[..at]).chars().count() + 1;
        state = match (state, byte) {
            (State::Begin, b'"') => State::Quoted,
            (State::Begin | State::Plain | State::Behind, byte) if byte == delimiter => State::Begin,
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

/// Passes over the rest of a line that is too long.
pub(crate) fn skip_line(input: &mut impl BufRead, end: u8) -> io::Result<()> {
    loop {
        let buffered = input.fill_buf()?;
        if buffered.is_empty() {
            return Ok(());
        }
        let (length, ends) = match memchr::memchr(end, buffered) {
            Some(end) => (end + 1, true),
            None => (buffered.len(), false),
        };
        input.consume(length);
        if ends {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<String, BrokenRecord>)> {
        let mut records = Records::new(text.as_bytes(), b',', LineEnd::of(text.as_bytes()));
        let (mut read, mut text) = (Vec::new(), Vec::new());
        while let Some((line, record)) = records.next(&mut text).unwrap() {
            read.push((line, record.map(|()| String::from_utf8(text.clone()).unwrap())));
        }
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

    #[test]
    fn lines_may_end_with_cr_alone() {
        assert_eq!(read("a,b\r1,2\r"), [(1, Ok("a,b\r".to_owned())), (2, Ok("1,2\r".to_owned()))]);
        assert_eq!(LineEnd::of(b"a,\"b\rc\"\r\n"), LineEnd::Newline);
    }
}
