//! Cells for spreadsheets, which take texts for formulas, numbers and dates, and change or run them.
//!
//! An apostrophe before such a text keeps it a text. Whoever reads a table takes one away before a digit and before what begins a
//! formula; so a text that begins like that by itself has one more, in every table.

use std::borrow::Cow;

use crate::apostrophe::{FORMULA, is_marked};

/// The most columns of a table for spreadsheets: what every program takes.
pub(super) const MOST_COLUMNS: usize = 1_000;

/// So many digits a spreadsheet shows as they are; beyond them it shows, saves and sums something near.
const SHOWN_DIGITS: usize = 11;

/// The mark before the text that says to spreadsheets that it is UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The cell that stands for a text in any table.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if is_marked(text) { marked(text) } else { Cow::Borrowed(text) }
}

/// The cell that stands for a text in a table for spreadsheets.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if is_marked(text) || text.starts_with(FORMULA) || changes_as_number(text) {
        marked(text)
    } else {
        Cow::Borrowed(text)
    }
}

fn marked(text: &str) -> Cow<'_, str> {
    Cow::Owned(format!("'{text}"))
}

/// Whether a text may be taken for a number, a date or a time, and be another text then.
fn changes_as_number(text: &str) -> bool {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (text.starts_with('0') && text.len() > 1) || text.len() > SHOWN_DIGITS;
    }
    let is_of_numbers = |byte: u8| byte.is_ascii_digit() || b" .,:/-eE%".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(is_of_numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_or_change_stays_a_text() {
        for text in [
            "=HYPERLINK(\"https://example.com\")",
            "+4930123456",
            "-1+1",
            "@SUM(A1)",
            "\t=1+1",
            "\r=1+1",
            "＝1+1",
            "'=1+1",
            "''7",
            "007",
            "00000000000",
            "0171 234567",
            "9007199254740992",
            "4006381333931",
            "1e5",
            "12E4567",
            "3/4",
            "1-2",
            "11:30",
            "1.50",
            "50%",
        ] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "",
            "0",
            "7",
            "12345678901",
            "anna@example.com",
            "1 A Street",
            "2025-03-26 11:07:12 +0000",
            "true",
            "a=b",
            "(030) 1234",
            "'t Hooft",
            "'",
        ] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn a_plain_table_changes_only_what_would_be_read_as_something_else() {
        for text in ["=1+1", "007", "+49", "'t Hooft"] {
            assert_eq!(plain(text), text);
        }
        assert_eq!((plain("'=1").as_ref(), plain("'7").as_ref()), ("''=1", "''7"));
    }
}
