//! What a file is, told by its content.

use std::fmt;

use serde::de::IgnoredAny;

/// What a file with customers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A table: CSV.
    Table,
    /// JSON.
    Json(JsonShape),
    /// vCards.
    Cards,
}

/// How objects stand in a JSON file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonShape {
    /// One a line: NDJSON.
    Lines,
    /// In an array, or one after the other over several lines.
    Objects,
    /// In the `items` of a page.
    Page,
}

/// The file has no customers in a form that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCustomers {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is something else.
    #[error("this is {0}")]
    Other(&'static str),
}

/// How files begin that are something else, and what they are.
const OTHERS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF document, not a file with customers: export them as CSV"),
    (b"PK\x03\x04", "a ZIP archive, as Excel's .xlsx files are: unpack it, or save the sheet as CSV"),
    (b"\xD0\xCF\x11\xE0", "an old Office document, such as Excel's .xls: save the sheet as CSV"),
    (b"\x1F\x8B", "a gzip archive: unpack it first, as in: zcat FILE | shopfolk import --store N -"),
    (b"SQLite format 3", "a SQLite database, not a file with customers"),
    (b"{\\rtf", "a text document (RTF): save the table as CSV"),
    (b"\x89PNG", "a picture (PNG), not a file with customers"),
    (b"\xFF\xD8\xFF", "a picture (JPEG), not a file with customers"),
    (b"BEGIN:VCALENDAR", "a calendar (iCalendar), not a file with customers"),
];

impl Content {
    /// What a file is that begins so; the text is without a byte order mark.
    ///
    /// # Errors
    /// When it is empty, or what cannot be read.
    pub(crate) fn of(head: &[u8]) -> Result<Self, NotCustomers> {
        if let Some((_, what)) = OTHERS.iter().find(|(start, _)| starts_with(head, start)) {
            return Err(NotCustomers::Other(what));
        }
        let text = head.trim_ascii_start();
        match text.first() {
            None => Err(NotCustomers::Empty),
            Some(b'{' | b'[') => Ok(Self::Json(JsonShape::of(text))),
            Some(b'<') if starts_with(text, b"<?xml") => {
                Err(NotCustomers::Other("an XML file, which cannot be read: export the customers as CSV"))
            }
            Some(b'<') => Err(NotCustomers::Other(
                "a page of HTML, not a file with customers; perhaps the download needed a sign-in",
            )),
            Some(_) if starts_with(text, b"BEGIN:VCARD") => Ok(Self::Cards),
            Some(_) if starts_with(text, b"BEGIN:VCALENDAR") => {
                Err(NotCustomers::Other("a calendar (iCalendar), not a file with customers"))
            }
            Some(_) if memchr::memchr(0, head).is_some() => {
                Err(NotCustomers::Other("no text: a file with customers is CSV, JSON or vCards"))
            }
            Some(_) => Ok(Self::Table),
        }
    }
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

impl JsonShape {
    /// How the objects stand in a text that begins so.
    pub(crate) fn of(text: &[u8]) -> Self {
        let text = text.trim_ascii_start();
        if text.first() == Some(&b'[') {
            return Self::Objects;
        }
        if is_page(text) {
            return Self::Page;
        }
        let mut lines =
            text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let is_whole = serde_json::from_slice::<IgnoredAny>(first).is_ok();
        // A first line that is broken may be followed by others that are not.
        if is_whole || lines.next().is_some_and(|second| second.first() == Some(&b'{')) {
            Self::Lines
        } else {
            Self::Objects
        }
    }
}

/// Whether the first object has a list `items`, and no field that tells who somebody is.
fn is_page(text: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    let mut last: &[u8] = b"";
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                while let Some(&byte) = text.get(at).filter(|&&byte| byte != b'"') {
                    at += if byte == b'\\' { 2 } else { 1 };
                }
                last = text.get(start..at).unwrap_or_default();
                at += 1;
            }
            b':' if depth == 1 && last == b"email" => return false,
            b'[' if depth == 1 && last == b"items" => return true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return false,
            b'}' | b']' => depth -= 1,
            b',' => last = b"",
            _ => {}
        }
    }
    false
}

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Table => "CSV",
            Self::Json(JsonShape::Lines) => "NDJSON",
            Self::Json(JsonShape::Objects) => "JSON",
            Self::Json(JsonShape::Page) => "JSON, a page of customers",
            Self::Cards => "vCards",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_content() {
        for (head, content) in [
            ("email,name\n", Content::Table),
            ("{\"email\": \"a\"}\n{\"email\": \"b\"}\n", Content::Json(JsonShape::Lines)),
            ("{\"email\": \"a\", \"items\": []}", Content::Json(JsonShape::Lines)),
            ("{\"email\": \"a\n{\"email\": \"b\"}\n", Content::Json(JsonShape::Lines)),
            ("{\n  \"email\": \"a\"\n}\n", Content::Json(JsonShape::Objects)),
            (" [{\"email\": \"a\"}]", Content::Json(JsonShape::Objects)),
            (
                "{\"total\": 2, \"x\": {\"items\": 1}, \"items\": [{\"email\": \"a\"}]}",
                Content::Json(JsonShape::Page),
            ),
            ("{\n\"items\": [\n", Content::Json(JsonShape::Page)),
            ("begin:vcard\r\nVERSION:3.0\r\n", Content::Cards),
        ] {
            assert_eq!(Content::of(head.as_bytes()), Ok(content), "{head}");
        }
    }

    #[test]
    fn what_is_something_else_is_called_by_its_name() {
        for (head, what) in [
            (&b"%PDF-1.7"[..], "PDF"),
            (b"PK\x03\x04\x14", ".xlsx"),
            (b"<!DOCTYPE html>", "HTML"),
            (b"<?xml version='1.0'?>", "XML"),
            (b"\x1F\x8B\x08", "gzip"),
            (b"a\0b", "no text"),
            (b" \n", "empty"),
        ] {
            let error = Content::of(head).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
