//! What one piece of a file says: a row, an object, a card.

use std::fmt;
use std::io;

use shopfolk_api::{Empty, FiledCustomer, StoreRecord, WrongField};
use shopfolk_model::{
    ContactAddress, ContactText, ContactType, FieldChange, NewContact, PhoneNumber, StoreKey,
};
use shopfolk_operations::ImportedCustomer;

use crate::plan::Ignored;
use crate::values::DateOrder;

/// Why something of a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The column, or the field by its path, where it is one's.
    pub field: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl Problem {
    /// One of a whole row.
    pub(crate) fn of_row(reason: impl fmt::Display) -> Self {
        Self { field: None, reason: reason.to_string() }
    }

    /// One of a field.
    pub(crate) fn of_field(field: &str, reason: impl fmt::Display) -> Self {
        Self { field: Some(field.to_owned()), reason: reason.to_string() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(formatter, "{field}: {}", self.reason),
            None => formatter.write_str(&self.reason),
        }
    }
}

/// A customer, and what of the file could not be taken for it.
#[derive(Debug)]
pub(crate) struct Filed {
    pub(crate) customer: ImportedCustomer,
    pub(crate) left_out: Vec<Problem>,
}

impl Filed {
    /// The same without the ids and keys of another store.
    pub(crate) fn without_ids_unless(mut self, are_own: bool) -> Self {
        if !are_own {
            self.customer.id = None;
            for address in self.customer.addresses.iter_mut().flatten() {
                address.id = None;
            }
            for field in self.customer.extra_fields.iter_mut().filter(|field| field.title.is_some()) {
                field.key = None;
            }
            if let FieldChange::Set(group) = &mut self.customer.group {
                group.id = None;
            }
        }
        self
    }
}

/// What a piece of a file says.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A customer.
    Customer(Box<Filed>),
    /// Something else that a store has.
    Record(Box<StoreRecord>),
}

/// One piece of a file.
#[derive(Debug)]
pub(crate) struct Item {
    /// The number of the line where it begins.
    pub(crate) line: u64,
    /// What it says, or all reasons why it says nothing.
    pub(crate) said: Result<Piece, Vec<Problem>>,
}

impl Item {
    /// One that is to be a customer.
    pub(crate) fn customer(line: u64, said: Result<Filed, Vec<Problem>>) -> Self {
        Self { line, said: said.map(|filed| Piece::Customer(Box::new(filed))) }
    }

    /// The customer that it is.
    #[cfg(test)]
    pub(crate) fn into_customer(self) -> (u64, Result<Filed, Vec<Problem>>) {
        let filed = |piece: Piece| match piece {
            Piece::Customer(filed) => *filed,
            Piece::Record(record) => panic!("no customer: {record:?}"),
        };
        (self.line, self.said.map(filed))
    }
}

/// A file with customers, in any format.
pub(crate) trait Customers: Send + 'static {
    /// The next one; `None` at the end. Its text goes to the end of `text`.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Item>>;
}

/// How what a file says is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadRules {
    /// What an empty cell or field says.
    pub(crate) empty: Empty,
    /// Whether a row of which something does not fit is rejected.
    pub(crate) strict: bool,
    /// What comes first in dates.
    pub(crate) dates: Option<DateOrder>,
    /// Whether what has no place in a customer goes to the notes.
    pub(crate) keep_rest: bool,
    /// Fields that are left out without a word.
    pub(crate) ignored: Ignored,
    /// The store whose ids in the file count, where some do.
    pub(crate) own_store: Option<StoreKey>,
}

impl ReadRules {
    /// Whether the ids of a row that is of this store are left to be looked at.
    pub(crate) fn is_own(&self, store: Option<StoreKey>) -> bool {
        self.own_store.is_none() || store == self.own_store
    }

    /// What becomes of a customer of whom this was read, and of what else was left out; `field` names a field as the file does.
    pub(crate) fn filed(
        &self,
        filed: FiledCustomer,
        mut left_out: Vec<Problem>,
        field: impl Fn(&str) -> String,
    ) -> Result<Filed, Vec<Problem>> {
        let FiledCustomer { mut customer, wrong, unknown } = filed;
        let problem =
            |WrongField { field: path, reason }: WrongField| Problem::of_field(&field(&path), reason);
        left_out.extend(wrong.into_iter().map(problem));
        let is_told =
            |name: &String| name != super::REPORT_FIELD && !self.ignored.unknown && !self.ignored.names(name);
        left_out.extend(
            unknown
                .iter()
                .filter(|name| is_told(name))
                .map(|name| Problem::of_field(name, "no customer has such a field")),
        );
        reach_by_phone(&mut customer);
        if !can_be_reached(&customer) {
            left_out.push(Problem::of_row(
                "nothing says how to reach this customer: neither an e-mail address nor a contact, nor a reference",
            ));
            return Err(left_out);
        }
        if self.strict && !left_out.is_empty() { Err(left_out) } else { Ok(Filed { customer, left_out }) }
    }
}

/// Whether a customer can be told from others, or reached at all.
fn can_be_reached(customer: &ImportedCustomer) -> bool {
    customer.email.is_some()
        || customer.id.is_some()
        || customer.contacts.as_ref().is_some_and(|contacts| !contacts.is_empty())
        || matches!(customer.details.external_reference, FieldChange::Set(_))
}

/// Makes the telephone number of somebody who has neither e-mail address nor contact a contact: it is the only way to reach
/// them, and tells them from others.
fn reach_by_phone(customer: &mut ImportedCustomer) {
    let has_contacts = customer.contacts.as_ref().is_some_and(|contacts| !contacts.is_empty());
    if customer.email.is_some() || has_contacts {
        return;
    }
    let addresses = customer.addresses.iter().flatten().map(|address| &address.whereabouts.phone);
    let mut phones = std::iter::once(&customer.details.billing.phone).chain(addresses);
    let number =
        phones.find_map(|phone| if let FieldChange::Set(phone) = phone { Some(phone) } else { None });
    if let Some(contact) = number.and_then(phone_contact) {
        customer.contacts = Some(vec![contact]);
    }
}

fn phone_contact(number: &PhoneNumber) -> Option<NewContact> {
    let text = ContactText::new(number.as_str()).ok()?;
    ContactAddress::new(ContactType::Phone, text).ok().map(NewContact::of)
}
