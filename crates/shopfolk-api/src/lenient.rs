//! Reading a file in which single fields may be wrong.

use std::cell::RefCell;

/// What an empty text and `null` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Empty {
    /// Nothing.
    #[default]
    SaysNothing,
    /// That the field is to be cleared.
    Clears,
}

/// A field of a file whose value cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongField {
    /// The path of the field, such as `contacts[2].type`.
    pub field: String,
    /// What is wrong, with the value and the field.
    pub reason: String,
}

/// How a file is read: a field whose value cannot be taken is left out and noted, instead of ending it all.
#[derive(Debug, Default)]
pub(crate) struct Lenient {
    /// What an empty text and `null` say.
    pub(crate) empty: Empty,
    wrong: RefCell<Vec<WrongField>>,
}

impl Lenient {
    /// Nothing noted yet.
    pub(crate) fn new(empty: Empty) -> Self {
        Self { empty, wrong: RefCell::default() }
    }

    /// What was left out.
    pub(crate) fn into_wrong(self) -> Vec<WrongField> {
        self.wrong.into_inner()
    }

    /// Notes what is left out.
    pub(crate) fn note(&self, wrong: WrongField) {
        self.wrong.borrow_mut().push(wrong);
    }

    /// How much was left out.
    pub(crate) fn count(&self) -> usize {
        self.wrong.borrow().len()
    }
}
