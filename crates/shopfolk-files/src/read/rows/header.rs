//! The row that names the columns.

use std::io::{self, BufRead};

use super::{cells, is_blank};
use crate::read::record::{BrokenRecord, LineEnd, Records};

/// What parts cells, most usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Why a file has no row that names columns.
#[derive(Debug, thiserror::Error)]
pub enum HeaderRowError {
    /// There is no row in it.
    #[error("the file has no rows: its first row must name the columns")]
    Empty,
    /// The first row is no row.
    #[error("line {line}, the header: {broken}")]
    Broken {
        /// The number of its line.
        line: u64,
        /// Why it is none.
        broken: BrokenRecord,
    },
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// The rows of a file behind the one that names the columns.
pub(crate) struct Header<R> {
    pub(crate) records: Records<R>,
    pub(crate) names: Vec<String>,
}

impl<R: BufRead> Header<R> {
    /// Reads the header of a text. Blank rows before it are passed over, and a line like `sep=;` says what parts cells, unless the
    /// caller does.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn read(input: R, end: LineEnd, delimiter: Option<u8>) -> Result<Self, HeaderRowError> {
        let mut records = Records::new(input, delimiter.unwrap_or(b','), end);
        let mut said = delimiter;
        loop {
            let Some(mut line) = records.next_text()? else { return Err(HeaderRowError::Empty) };
            // A mark is no part of the first name, which may be quoted.
            if line.starts_with(MARK) {
                line.drain(..MARK.len());
            }
            if let Some(separator) = separator(&line) {
                said = said.or(Some(separator));
                continue;
            }
            if !DELIMITERS.iter().any(|&delimiter| is_blank(&line, delimiter)) {
                records.set_delimiter(said.unwrap_or_else(|| most_usual(&line)));
                records.put_back(line);
                break;
            }
        }
        let mut text = Vec::new();
        let Some((line, record)) = records.next(&mut text)? else { return Err(HeaderRowError::Empty) };
        record.map_err(|broken| HeaderRowError::Broken { line, broken })?;
        let row = cells(&text, records.delimiter())?;
        let name = |name: &[u8]| String::from_utf8_lossy(name).trim().to_owned();
        let mut names: Vec<_> = row.iter().map(name).collect();
        // A comma too many at the end is no column.
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Ok(Self { records, names })
    }
}

/// What a line like `sep=;` says.
fn separator(line: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
    let text = text.trim_matches('"');
    let (name, value) = text.split_at_checked(4)?;
    let is_said = name.eq_ignore_ascii_case("sep=") && value.len() == 1;
    is_said.then(|| value.bytes().next()).flatten()
}

/// What there is most of outside quotes.
fn most_usual(line: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in line {
        quoted ^= byte == b'"';
        if let Some(place) = DELIMITERS.iter().position(|&delimiter| delimiter == byte && !quoted) {
            counts[place] += 1;
        }
    }
    // Of those that are there as often, the most usual.
    let found = counts.iter().enumerate().rev().max_by_key(|(_, count)| **count);
    found.map_or(b',', |(place, _)| DELIMITERS[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> (Vec<String>, char) {
        let header = Header::read(text.as_bytes(), LineEnd::of(text.as_bytes()), None).unwrap();
        let delimiter = header.records.delimiter();
        (header.names, char::from(delimiter))
    }

    #[test]
    fn what_parts_cells_is_found_in_the_header() {
        for (text, delimiter) in [
            ("email,name\n", ','),
            ("email;name\n", ';'),
            ("email\tname\n", '\t'),
            ("email|name\n", '|'),
            ("sep=;\r\nemail;name\r\n", ';'),
            ("\u{feff}sep=|\r\nemail|name\r\n", '|'),
            ("\u{feff}\"email\";\"name\"\n", ';'),
            (",,,\n\n\"email\",name,\n", ','),
            ("\"email\";\"name\";\n", ';'),
        ] {
            assert_eq!(read(text), (vec!["email".to_owned(), "name".to_owned()], delimiter), "{text}");
        }
        assert_eq!(read("email\n").0, ["email"]);
    }

    #[test]
    fn a_file_without_rows_has_no_header() {
        for text in ["", "\n\n", ",,\n", "sep=;\n"] {
            let read = Header::read(text.as_bytes(), LineEnd::Newline, None);
            assert!(matches!(read, Err(HeaderRowError::Empty)), "{text:?}");
        }
        let broken = Header::read(&b"id,\"email\n"[..], LineEnd::Newline, None);
        assert!(matches!(broken, Err(HeaderRowError::Broken { line: 1, .. })));
    }
}
