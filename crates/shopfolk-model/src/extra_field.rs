//! An extra field of customers: something that a store keeps of them besides what every store does.

use std::fmt;
use std::str::FromStr;

use rand::distr::Alphanumeric;
use rand::{CryptoRng, RngExt};

use crate::{ExtraFieldId, ExtraFieldTitle, ExtraFieldValue, Timestamp, TimestampError, unique_key};

/// The text is no key of an extra field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {} letters and digits", ExtraFieldKey::LENGTH)]
pub struct InvalidExtraFieldKey;

/// The name by which callers know an extra field: 7 letters and digits, in which case counts. It is given once, at
/// random, and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtraFieldKey([u8; Self::LENGTH]);

impl ExtraFieldKey {
    /// How many letters and digits a key has.
    pub const LENGTH: usize = 7;

    /// A new key: one of 62^7, some 3.5 million millions.
    pub fn generate<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        Self(std::array::from_fn(|_| random.sample(Alphanumeric)))
    }

    /// The key in this text.
    ///
    /// # Errors
    /// When the text is not made of 7 letters and digits.
    pub fn new(text: &str) -> Result<Self, InvalidExtraFieldKey> {
        let key: [u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| InvalidExtraFieldKey)?;
        if key.iter().all(u8::is_ascii_alphanumeric) { Ok(Self(key)) } else { Err(InvalidExtraFieldKey) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        // OK because letters and digits of ASCII are text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for ExtraFieldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

impl ExtraFieldTitle {
    /// By which titles are compared ([`unique_key`]): two fields of one store may not have the same.
    pub fn key(&self) -> String {
        unique_key(self.as_str())
    }
}

/// The text names no type of an extra field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of TEXT, DATETIME")]
pub struct UnknownExtraFieldType;

/// What the values of an extra field are. It tells apps how to show and enter them; the values themselves are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ExtraFieldType {
    /// Text.
    #[default]
    Text,
    /// A date, maybe with a time.
    DateTime,
}

impl ExtraFieldType {
    /// Every type.
    pub const ALL: &[Self] = &[Self::Text, Self::DateTime];

    /// The code in the database; a type never changes its own.
    pub const fn code(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::DateTime => 2,
        }
    }

    /// The type with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|field_type| field_type.code() == code)
    }

    /// Whether a value is one of this type.
    ///
    /// # Errors
    /// When it is not.
    pub fn ensure_fits(self, value: &ExtraFieldValue) -> Result<(), TimestampError> {
        match self {
            Self::Text => Ok(()),
            Self::DateTime => Timestamp::parse(value.as_str()).map(drop),
        }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::DateTime => "DATETIME",
        }
    }
}

impl FromStr for ExtraFieldType {
    type Err = UnknownExtraFieldType;

    /// Reads a name in any case.
    fn from_str(name: &str) -> Result<Self, UnknownExtraFieldType> {
        let found = Self::ALL.iter().copied().find(|field_type| name.eq_ignore_ascii_case(field_type.name()));
        found.ok_or(UnknownExtraFieldType)
    }
}

impl fmt::Display for ExtraFieldType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An extra field of customers: its definition, without the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraField {
    /// The id, unique in the store: the higher, the later it was created.
    pub id: ExtraFieldId,
    /// The key by which callers know it, unique in the store.
    pub key: ExtraFieldKey,
    /// The title, unique in the store by its key.
    pub title: ExtraFieldTitle,
    /// What its values are.
    pub field_type: ExtraFieldType,
    /// Whether its values are shown on the page of an order.
    pub shown_on_order_details: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// Whether another field has the same title: a release before took the two for different ones.
    pub namesake: bool,
}

/// What a caller says of an extra field that shall be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExtraField {
    /// The title.
    pub title: ExtraFieldTitle,
    /// What its values are.
    pub field_type: ExtraFieldType,
    /// Whether its values are shown on the page of an order.
    pub shown_on_order_details: bool,
}

/// What a caller says of an extra field that shall be changed; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraFieldChange {
    /// The new title.
    pub title: Option<ExtraFieldTitle>,
    /// What its values are from now on. Those that are there stay as they are.
    pub field_type: Option<ExtraFieldType>,
    /// Whether its values are shown on the page of an order.
    pub shown_on_order_details: Option<bool>,
}

/// What a caller says of a customer's value of an extra field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraFieldEntry {
    /// The field.
    pub key: Option<ExtraFieldKey>,
    /// The field's title, which counts where no key is given.
    pub title: Option<ExtraFieldTitle>,
    /// The value; `None` takes it away.
    pub value: Option<ExtraFieldValue>,
}

impl ExtraFieldChange {
    /// Whether the change says nothing at all.
    pub fn is_empty(&self) -> bool {
        let Self { title, field_type, shown_on_order_details } = self;
        title.is_none() && field_type.is_none() && shown_on_order_details.is_none()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_key_is_7_letters_and_digits() {
        assert_eq!(ExtraFieldKey::new("6r0fUGw").unwrap().as_str(), "6r0fUGw");
        for text in ["", "6r0fUG", "6r0fUGwx", "6r0fUG-", "6r0fUG ", "6r0fUé"] {
            assert_eq!(ExtraFieldKey::new(text), Err(InvalidExtraFieldKey), "{text:?}");
        }
        assert_eq!(InvalidExtraFieldKey.to_string(), "must be 7 letters and digits");
    }

    #[test]
    fn a_generated_key_is_a_key() {
        let mut random = StdRng::seed_from_u64(1);
        let keys: Vec<_> = (0..100).map(|_| ExtraFieldKey::generate(&mut random)).collect();
        for key in &keys {
            assert_eq!(ExtraFieldKey::new(key.as_str()), Ok(*key));
            assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "{key} came twice");
        }
    }

    #[test]
    fn a_type_is_read_in_any_case_and_found_by_its_code() {
        for &field_type in ExtraFieldType::ALL {
            assert_eq!(field_type.name().to_lowercase().parse(), Ok(field_type));
            assert_eq!(ExtraFieldType::from_code(field_type.code()), Some(field_type));
        }
        assert_eq!("DateTime".parse(), Ok(ExtraFieldType::DateTime));
        assert_eq!("NUMBER".parse::<ExtraFieldType>(), Err(UnknownExtraFieldType));
        assert_eq!(ExtraFieldType::from_code(0), None);
        assert_eq!(ExtraFieldType::default(), ExtraFieldType::Text);
    }

    #[test]
    fn a_change_of_nothing_is_empty() {
        let nothing = ExtraFieldChange::default();
        assert!(nothing.is_empty());
        let shown = ExtraFieldChange { shown_on_order_details: Some(false), ..nothing.clone() };
        let retyped = ExtraFieldChange { field_type: Some(ExtraFieldType::Text), ..nothing.clone() };
        let renamed = ExtraFieldChange { title: ExtraFieldTitle::optional("x").unwrap(), ..nothing };
        assert!(!shown.is_empty() && !retyped.is_empty() && !renamed.is_empty());
    }
}
