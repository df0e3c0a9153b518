//! The file that has the rejected rows of an import, to be mended and imported again.
//!
//! It is of the same format as the file: each row is whole, with the number of its line and all reasons behind it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use csv::{StringRecord, Terminator, Writer, WriterBuilder};
use serde_json::{Map, Value, json};

use crate::file::CustomerFile;
use crate::read::{Content, Problem, REPORT_COLUMNS, REPORT_FIELD, cells};

/// Why there can be no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It would overwrite what is imported.
    #[error("'{}' is the file that is imported; name another for the rejected rows", .0.display())]
    IsInput(PathBuf),
    /// It cannot be written.
    #[error("cannot write '{}': {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Where the rejected rows of a file go unless it is said: to a file of the same format beside it.
pub fn report_path(input: &Path, content: Content) -> PathBuf {
    let ending = match content {
        Content::Table => ".rejected.csv",
        Content::Json(_) => ".rejected.ndjson",
        Content::Cards => ".rejected.vcf",
    };
    let mut path = input.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// A report that is being written.
pub(crate) struct Report {
    path: PathBuf,
    form: Form,
    rows: u64,
}

enum Form {
    Table { writer: Box<Writer<File>>, delimiter: u8, header: Vec<String>, kept: Vec<usize>, is_begun: bool },
    Objects(BufWriter<File>),
    Cards(BufWriter<File>),
}

impl Report {
    /// Opens the report of a file; that of a run before is emptied. `how` opens the file, as one that tells of people.
    ///
    /// # Errors
    /// When it is the file itself, or cannot be written.
    pub(crate) fn open(
        path: PathBuf,
        input: Option<&Path>,
        file: &CustomerFile,
        mut how: OpenOptions,
    ) -> Result<Self, ReportError> {
        if input.is_some_and(|input| is_same(input, &path)) {
            return Err(ReportError::IsInput(path));
        }
        let opened = match how.create(true).truncate(true).open(&path) {
            Ok(opened) => opened,
            Err(error) => return Err(ReportError::Unwritable { path, error }),
        };
        let form = match file.plan.content {
            Content::Table => {
                let delimiter =
                    file.plan.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok()).unwrap_or(b',');
                let is_kept = |place: &usize| !REPORT_COLUMNS.contains(&file.header[*place].as_str());
                let kept = (0..file.header.len()).filter(is_kept).collect();
                let writer = WriterBuilder::new()
                    .delimiter(delimiter)
                    .terminator(Terminator::CRLF)
                    .flexible(true)
                    .from_writer(opened);
                Form::Table {
                    writer: Box::new(writer),
                    delimiter,
                    header: file.header.clone(),
                    kept,
                    is_begun: false,
                }
            }
            Content::Json(_) => Form::Objects(BufWriter::new(opened)),
            Content::Cards => Form::Cards(BufWriter::new(opened)),
        };
        Ok(Self { path, form, rows: 0 })
    }

    /// Adds a row that was rejected.
    pub(crate) fn add(&mut self, line: u64, text: &[u8], problems: &[Problem]) -> Result<(), ReportError> {
        self.rows += 1;
        let added = match &mut self.form {
            Form::Table { writer, delimiter, header, kept, is_begun } => {
                let mut begin = || {
                    if *is_begun {
                        return Ok(());
                    }
                    *is_begun = true;
                    let names = kept.iter().map(|&place| header[place].as_str());
                    writer.write_record(names.chain(REPORT_COLUMNS))
                };
                begin()
                    .map_err(io::Error::from)
                    .and_then(|()| add_rows(writer, *delimiter, kept, line, text, problems))
            }
            Form::Objects(out) => add_object(out, line, text, problems),
            Form::Cards(out) => add_card(out, line, text, problems),
        };
        added.map_err(|error| self.unwritable(error))
    }

    /// Sees that what was added is in the file.
    pub(crate) fn flush(&mut self) -> Result<(), ReportError> {
        let flushed = match &mut self.form {
            Form::Table { writer, .. } => writer.flush(),
            Form::Objects(out) | Form::Cards(out) => out.flush(),
        };
        flushed.map_err(|error| self.unwritable(error))
    }

    /// Ends it. One without rows is removed: nothing is left of a run before.
    pub(crate) fn end(mut self) -> Result<(), ReportError> {
        self.flush()?;
        if self.rows == 0 {
            return fs::remove_file(&self.path).map_err(|error| self.unwritable(error));
        }
        Ok(())
    }

    fn unwritable(&self, error: io::Error) -> ReportError {
        ReportError::Unwritable { path: self.path.clone(), error }
    }
}

/// Whether two paths are those of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// Writes the rows of a customer; the reasons stand behind the first.
fn add_rows(
    writer: &mut Writer<File>,
    delimiter: u8,
    kept: &[usize],
    line: u64,
    text: &[u8],
    problems: &[Problem],
) -> io::Result<()> {
    let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let mut behind = [line.to_string(), told];
    for row in rows(text, delimiter)? {
        let own = kept.iter().map(|&place| row.get(place).unwrap_or_default());
        // Cells beyond the header would take the place of the reasons.
        writer.write_record(own.chain(behind.iter().map(String::as_str)))?;
        behind = [String::new(), String::new()];
    }
    Ok(())
}

/// The rows in a text. One whose quotes are broken is a row with all of it in its first cell.
fn rows(text: &[u8], delimiter: u8) -> io::Result<Vec<StringRecord>> {
    let lossy = |cells: csv::ByteRecord| {
        StringRecord::from(
            cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect::<Vec<_>>(),
        )
    };
    let quotes = memchr::memchr_iter(b'"', text).count();
    if quotes % 2 == 1 {
        let whole = String::from_utf8_lossy(text);
        return Ok(vec![StringRecord::from(vec![whole.trim_end_matches(['\r', '\n'])])]);
    }
    if quotes == 0 {
        let lines = text.split(|&byte| byte == b'\n' || byte == b'\r').filter(|line| !line.is_empty());
        return lines.map(|line| cells(line, delimiter).map(lossy)).collect();
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
    reader.byte_records().map(|row| row.map(lossy).map_err(io::Error::from)).collect()
}

fn add_object(out: &mut impl Write, line: u64, text: &[u8], problems: &[Problem]) -> io::Result<()> {
    let reasons: Vec<_> = problems
        .iter()
        .map(|Problem { field, reason }| match field {
            Some(field) => json!({ "field": field, "reason": reason }),
            None => json!({ "reason": reason }),
        })
        .collect();
    let told = json!({ "line": line, "reasons": reasons });
    let text = text.trim_ascii();
    let is_object = serde_json::from_slice::<Map<String, Value>>(text);
    match is_object {
        // As it came, with the reasons behind.
        Ok(object) if !object.contains_key(REPORT_FIELD) && !text.contains(&b'\n') => {
            let own = text.strip_suffix(b"}").unwrap_or(text).trim_ascii_end();
            out.write_all(own)?;
            let comma = if object.is_empty() { "" } else { "," };
            writeln!(out, "{comma}\"{REPORT_FIELD}\":{told}}}")
        }
        Ok(mut object) => {
            object.insert(REPORT_FIELD.to_owned(), told);
            writeln!(out, "{}", Value::Object(object))
        }
        Err(_) => {
            let text = String::from_utf8_lossy(text);
            writeln!(out, "{}", json!({ REPORT_FIELD: { "line": line, "reasons": reasons, "text": text } }))
        }
    }
}

fn add_card(out: &mut impl Write, line: u64, text: &[u8], problems: &[Problem]) -> io::Result<()> {
    let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").replace('\n', " ");
    for own in text.split_inclusive(|&byte| byte == b'\n') {
        if own.trim_ascii().eq_ignore_ascii_case(b"END:VCARD") {
            write!(out, "X-REJECTED:line {line}: {told}\r\n")?;
        }
        out.write_all(own)?;
    }
    if !text.ends_with(b"\n") {
        out.write_all(b"\r\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> String {
        let mut out = Vec::new();
        let problems = [Problem::of_field("email", "is wrong"), Problem::of_row("nobody")];
        add_object(&mut out, 7, text.as_bytes(), &problems).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_is_as_it_came_with_the_reasons_behind() {
        let told =
            r#""rejected":{"line":7,"reasons":[{"field":"email","reason":"is wrong"},{"reason":"nobody"}]}}"#;
        assert_eq!(object("{\"b\": 1, \"a\": 2 }\n"), format!("{{\"b\": 1, \"a\": 2,{told}\n"));
        assert_eq!(object("{}"), format!("{{{told}\n"));
        assert_eq!(object(r#"{"a": 2, "rejected": {"line": 3}}"#), format!("{{\"a\":2,{told}\n"));
        assert!(object("{\"a").contains("\"text\":\"{\\\"a\""));
    }

    #[test]
    fn rows_are_found_in_their_text() {
        let cells = |text: &str| -> Vec<Vec<String>> {
            let rows = rows(text.as_bytes(), b';').unwrap();
            rows.iter().map(|row| row.iter().map(str::to_owned).collect()).collect()
        };
        assert_eq!(cells("a;\"b\nc\"\r\n;d\r\n"), [["a", "b\nc"], ["", "d"]]);
        assert_eq!(cells("a;b\r"), [["a", "b"]]);
        assert_eq!(cells("a;\"b\n"), [["a;\"b"]]);
    }
}
