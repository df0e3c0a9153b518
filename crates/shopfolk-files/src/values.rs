//! Values as people write them, made into what the API takes.
//!
//! What is written here is not checked again: a text that is none of what people write goes on as it is, and the field says
//! what it must be.

mod date;

use std::borrow::Cow;

use shopfolk_api::FieldKind;
use shopfolk_model::CountryCode;

pub use date::DateOrder;

/// Words for yes, in lower case.
const YES: [&str; 8] = ["true", "yes", "on", "1", "y", "x", "subscribed", "✓"];
/// Words for no.
const NO: [&str; 10] = [
    "false",
    "no",
    "off",
    "0",
    "n",
    "unsubscribed",
    "not subscribed",
    "non-subscribed",
    "never subscribed",
    "cleaned",
];
/// What stands where an e-mail address is missing.
const NO_EMAIL: [&str; 7] = ["-", "–", "—", "n/a", "none", "null", "."];

/// The value that a cell holds, as the API takes it.
///
/// # Errors
/// Why it cannot be told what is meant.
pub(crate) fn value(
    kind: FieldKind,
    cell: &str,
    dates: Option<DateOrder>,
) -> Result<Cow<'_, str>, &'static str> {
    Ok(match kind {
        FieldKind::Text | FieldKind::Lines => lines(cell),
        FieldKind::Integer => Cow::Borrowed(cell.trim()),
        FieldKind::Boolean => Cow::Borrowed(boolean(cell)),
        FieldKind::Email => Cow::Borrowed(email(cell)),
        FieldKind::Phone => Cow::Borrowed(phone(cell)),
        FieldKind::Country => country(cell),
        FieldKind::Date => date::date(cell, dates)?,
    })
}

/// A text whose lines end as ours do. Spreadsheets and address books end them with CR LF, and break them softly with a
/// vertical tab.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    if text.contains(['\r', '\u{b}']) {
        Cow::Owned(text.replace("\r\n", "\n").replace(['\r', '\u{b}'], "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

fn boolean(cell: &str) -> &str {
    let word = cell.trim();
    let is = |known: &&str| word.eq_ignore_ascii_case(known);
    if YES.iter().any(is) {
        "true"
    } else if NO.iter().any(is) {
        "false"
    } else if word.eq_ignore_ascii_case("unknown") {
        ""
    } else {
        word
    }
}

/// An address out of `Name <a@b>` or `mailto:a@b`.
pub(crate) fn email(cell: &str) -> &str {
    let text = cell.trim();
    if NO_EMAIL.iter().any(|none| text.eq_ignore_ascii_case(none)) {
        return "";
    }
    let inner = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((_, inner)) => inner,
        None => text,
    };
    let address = strip_scheme(inner.trim(), "mailto:");
    address.split_once('?').map_or(address, |(address, _)| address)
}

/// A number out of `tel:+1-555`.
pub(crate) fn phone(cell: &str) -> &str {
    strip_scheme(cell.trim(), "tel:")
}

pub(crate) fn strip_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => &text[scheme.len()..],
        _ => text,
    }
}

fn country(cell: &str) -> Cow<'_, str> {
    match CountryCode::of_name(cell) {
        Some(country) => Cow::Owned(country.to_string()),
        None => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: FieldKind, cell: &str) -> String {
        value(kind, cell, None).unwrap().into_owned()
    }

    #[test]
    fn booleans_are_the_words_of_queries_and_those_of_mailing_lists() {
        for word in ["true", "YES", " on ", "1", "y", "X", "Subscribed"] {
            assert_eq!(read(FieldKind::Boolean, word), "true", "{word}");
        }
        for word in ["false", "No", "off", "0", "n", "unsubscribed", "Non-subscribed"] {
            assert_eq!(read(FieldKind::Boolean, word), "false", "{word}");
        }
        assert_eq!(read(FieldKind::Boolean, "perhaps"), "perhaps");
    }

    #[test]
    fn an_address_comes_out_of_what_mail_programs_write() {
        for (cell, address) in [
            ("Mira Olsen <mira@shop.example>", "mira@shop.example"),
            ("<mira@shop.example>", "mira@shop.example"),
            ("mailto:mira@shop.example?subject=x", "mira@shop.example"),
            (" mira@shop.example ", "mira@shop.example"),
            ("-", ""),
            ("N/A", ""),
        ] {
            assert_eq!(read(FieldKind::Email, cell), address, "{cell}");
        }
        assert_eq!(read(FieldKind::Phone, "tel:+33-555-0101"), "+33-555-0101");
    }

    #[test]
    fn countries_have_names_and_codes() {
        for (cell, code) in
            [("Norway", "NO"), ("USA", "US"), ("UK", "GB"), ("es", "ES"), ("Nowhere", "Nowhere")]
        {
            assert_eq!(read(FieldKind::Country, cell), code);
        }
    }

    #[test]
    fn lines_end_with_a_newline() {
        assert_eq!(read(FieldKind::Lines, "a\r\nb\rc\u{b}d\n"), "a\nb\nc\nd\n");
    }
}
