//! Text with bounds: trimmed where its field says so, free of control characters, its length counted in Unicode
//! scalar values.

use std::borrow::Cow;
use std::fmt;

use crate::EmailAddress;
use crate::text_key::is_blank;

/// Why a text cannot be the value of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing of the text can be seen, and the field needs some.
    #[error("must not be empty")]
    Empty,
    /// The text has more characters than the field holds.
    #[error("must be at most {maximum} characters long, it has {length}")]
    TooLong {
        /// How many Unicode scalar values the text has.
        length: usize,
        /// How many it may have.
        maximum: usize,
    },
    /// The text holds a control character other than tab and newline.
    #[error("must not contain control characters, it has U+{character:04X} at position {position}")]
    ControlCharacter {
        /// The code point of the first such character.
        character: u32,
        /// Its place in the text, counted in characters from 0.
        position: usize,
    },
}

/// Whether the field drops white space around its text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trim {
    Both,
    Nothing,
}

/// The text with the ends of lines that forms in browsers and old files have as newlines.
pub(crate) fn with_newlines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// What is kept of a text that was sent.
fn checked(text: &str, trim: Trim, maximum: usize) -> Result<Cow<'_, str>, TextError> {
    let text = with_newlines(if trim == Trim::Both { text.trim() } else { text });
    if is_blank(&text) {
        return Err(TextError::Empty);
    }
    ensure_keepable(&text, maximum)?;
    Ok(text)
}

/// Looks at what must hold of every text that is kept.
fn ensure_keepable(text: &str, maximum: usize) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    // A text of at most `maximum` bytes has at most as many characters: the usual case needs no counting.
    if text.len() > maximum {
        let length = text.chars().count();
        if length > maximum {
            return Err(TextError::TooLong { length, maximum });
        }
    }
    let refused = |character: char| character.is_control() && !matches!(character, '\t' | '\n');
    match text.chars().enumerate().find(|&(_, character)| refused(character)) {
        Some((position, character)) => {
            Err(TextError::ControlCharacter { character: character.into(), position })
        }
        None => Ok(()),
    }
}

/// Makes the types of text: each is a line with its name, whether white space around it is dropped, and its longest length.
macro_rules! texts {
    (($dollar:tt) $($(#[$meta:meta])* $name:ident: $trim:ident, $maximum:literal;)+) => {
        $(texts! { @type $(#[$meta])* $name, Trim::$trim, $maximum })+

        /// Hands the name of every type of text to a macro, for what follows from its being one.
        #[macro_export]
        macro_rules! for_every_text {
            ($dollar do:ident) => { $dollar do! { $($name)+ } };
        }
    };
    (@type $(#[$meta:meta])* $name:ident, $trim:expr, $maximum:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The most characters (Unicode scalar values) it can have.
            pub const MAXIMUM_LENGTH: usize = $maximum;

            /// The text as this kind of value, from 1 to [`Self::MAXIMUM_LENGTH`] characters, each end of a line a newline.
            ///
            /// # Errors
            /// When nothing of it can be seen, when it is too long or when it holds a control character.
            pub fn new(text: &str) -> Result<Self, TextError> {
                checked(text, $trim, $maximum).map(|text| Self(text.into()))
            }

            /// The text that a database holds. Former releases took some of which nothing can be seen.
            ///
            /// # Errors
            /// When it is empty or too long, or holds a control character.
            pub fn from_stored(text: &str) -> Result<Self, TextError> {
                ensure_keepable(text, $maximum).map(|()| Self(text.into()))
            }

            /// The text as this kind of value, or `None` when nothing of it can be seen.
            ///
            /// # Errors
            /// When it is too long or holds a control character.
            pub fn optional(text: &str) -> Result<Option<Self>, TextError> {
                match Self::new(text) {
                    Ok(value) => Ok(Some(value)),
                    Err(TextError::Empty) => Ok(None),
                    Err(error) => Err(error),
                }
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

texts! {
    ($)
    /// What reaches the customer: an e-mail address, a phone number, a link.
    ContactText: Both, 1024;
    /// The customer's name on a network, for example the slug of a page.
    ContactHandle: Both, 255;
    /// The store owner's note on a contact.
    ContactNote: Nothing, 5000;
    /// The name of a customer.
    CustomerName: Both, 255;
    /// What a customer or group is called in somebody else's system.
    ExternalReferenceId: Both, 255;
    /// The name of a customer group.
    GroupName: Both, 255;
    /// The title of an extra field.
    ExtraFieldTitle: Both, 255;
    /// A value of an extra field.
    ExtraFieldValue: Both, 5000;
    /// The name of an app.
    AppName: Both, 255;
    /// The name of a store.
    StoreName: Both, 255;
    /// The name of a company.
    CompanyName: Both, 255;
    /// Street and house number, in one line or more.
    Street: Both, 512;
    /// The name of a city.
    City: Both, 255;
    /// A postal code.
    PostalCode: Both, 64;
    /// The code of a state or province (ISO 3166-2 without the country), or whatever people write there.
    StateCode: Both, 255;
    /// A telephone number, as it was written.
    PhoneNumber: Both, 255;
    /// A note on an address.
    AddressNote: Nothing, 5000;
    /// What tells a tax office who somebody is: a tax id, a fiscal code, an address for electronic invoices.
    TaxText: Both, 255;
    /// The store owner's notes on a customer.
    AdminNotes: Nothing, 5000;
    /// What an app calls batches that it may cancel together.
    BatchGroup: Both, 255;
}

impl GroupName {
    /// The name of the built-in group.
    pub const GENERAL: &'static str = "General";

    /// The name of the built-in group, which is text that fits.
    pub fn general() -> Self {
        Self(Self::GENERAL.into())
    }
}

impl StoreName {
    /// The name of the platform ([`crate::StoreId::PLATFORM`]), which is text that fits.
    pub fn platform() -> Self {
        Self("Platform".into())
    }
}

impl From<&EmailAddress> for ContactText {
    /// An address is text that fits: at most 254 characters, trimmed and without control characters.
    fn from(email: &EmailAddress) -> Self {
        Self(email.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_contact_is_dropped() {
        assert_eq!(ContactText::new(" \t+0123 4\r\n").unwrap().as_str(), "+0123 4");
    }

    #[test]
    fn a_note_keeps_its_white_space() {
        assert_eq!(ContactNote::new(" a\n\tb ").unwrap().as_str(), " a\n\tb ");
    }

    #[test]
    fn empty_text_is_refused_or_none() {
        assert_eq!(ContactText::new("  "), Err(TextError::Empty));
        assert_eq!(ContactHandle::optional("  "), Ok(None));
        for text in ["\u{200B}", " \u{202A}\u{202C} ", "\u{3164}"] {
            assert_eq!(ContactText::new(text), Err(TextError::Empty), "{text:?}");
            assert_eq!(ContactNote::optional(text), Ok(None), "{text:?}");
            assert_eq!(ContactText::from_stored(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn every_end_of_a_line_becomes_a_newline() {
        assert_eq!(ContactNote::new("a\r\nb\rc\n\rd").unwrap().as_str(), "a\nb\nc\n\nd");
        assert_eq!(Street::new("1 Broadway\r\nFloor 2\r\n").unwrap().as_str(), "1 Broadway\nFloor 2");
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(ContactHandle::new(&"é".repeat(255)).is_ok());
        assert_eq!(
            ContactHandle::new(&"é".repeat(256)),
            Err(TextError::TooLong { length: 256, maximum: 255 })
        );
        assert!(ContactText::new(&"𝒜".repeat(1024)).is_ok());
        assert!(ContactText::new(&"a".repeat(1025)).is_err());
        assert!(ContactNote::new(&"n".repeat(5000)).is_ok());
        assert!(ContactNote::new(&"n".repeat(5001)).is_err());
    }

    #[test]
    fn control_characters_are_refused() {
        for (text, character) in [("a\u{0}b", 0), ("a\u{b}b", 0x0b), ("a\u{7f}b", 0x7f), ("a\u{85}b", 0x85)] {
            assert_eq!(ContactNote::new(text), Err(TextError::ControlCharacter { character, position: 1 }));
        }
    }
}
