//! What is said of a field: nothing, `null`, or a value.

use shopfolk_model::FieldChange;

/// What a body says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given<T> {
    /// Nothing.
    Absent,
    /// `null`
    Null,
    /// A value.
    Value(T),
}

impl<T> Given<T> {
    /// The value of a field for which `null` is the same as nothing.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// The value of a field for which `null` is a value.
    pub(crate) fn value_or_of_null(self, null: T) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Null => Some(null),
            Self::Value(value) => Some(value),
        }
    }

    /// The same of another value.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Null => Given::Null,
            Self::Value(value) => Given::Value(change(value)),
        }
    }
}

impl<T> Given<Option<T>> {
    /// The change of a field that can be empty: `null` and an empty value clear it.
    pub(crate) fn change(self) -> FieldChange<T> {
        match self {
            Self::Absent => FieldChange::Keep,
            Self::Null | Self::Value(None) => FieldChange::Clear,
            Self::Value(Some(value)) => FieldChange::Set(value),
        }
    }
}
