//! The contacts of one customer, a part at a time: as many as a number of bytes allows, in the order of the list.

use std::collections::BTreeMap;
use std::sync::Arc;

use shopfolk_model::{Contact, ContactId, OrderBy};

use crate::{Damage, Record, Row, Stored, StoredContact};

/// Where a contact stands in the list of its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactPlace {
    /// What the list is ordered by.
    pub order_by: OrderBy,
    /// What it is ordered by where that is the same.
    pub id: ContactId,
}

impl ContactPlace {
    /// The place of a contact.
    pub fn of(contact: &Contact) -> Self {
        Self { order_by: contact.order_by, id: contact.id }
    }

    /// The place that a row says.
    fn at(row: Row<'_>) -> Option<Self> {
        let value = |name: &str| {
            let place = StoredContact::TABLE.columns_read().position(|column| column.name == name)?;
            row.columns.value(place).ok()
        };
        let order_by = OrderBy::load(value("order_by")?).ok()?;
        Some(Self { order_by, id: ContactId::load(value("contact_id")?).ok()? })
    }
}

/// Which part of the contacts of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactsRequest {
    /// Those behind this place; `None` is from the first on.
    pub after: Option<ContactPlace>,
    /// How many bytes they have at the most, unless one alone has more.
    pub bytes: usize,
}

/// A part of the contacts of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedContactsPart {
    /// Those that can be read, in their order.
    pub contacts: Vec<Arc<Contact>>,
    /// How many cannot; each was told.
    pub damaged: u64,
    /// Where it ends, when more come behind it.
    pub more: Option<ContactPlace>,
}

/// Picks a part of the contacts of a customer from its rows, which come in any order: it never holds more than the part.
#[derive(Debug)]
pub struct ContactsPart {
    asked: ContactsRequest,
    bytes: usize,
    found: BTreeMap<ContactPlace, (usize, Result<Arc<Contact>, Damage>)>,
    /// Those that do not even say where they stand.
    lost: Vec<Damage>,
    /// The first of those that found no room: nothing from there on is taken.
    end: Option<ContactPlace>,
    goes_on: bool,
}

impl ContactsPart {
    /// What a contact takes besides its texts, in bytes.
    pub const BESIDE: usize = 128;

    /// Of the rows that are to come, this part.
    pub const fn new(asked: ContactsRequest) -> Self {
        Self { asked, bytes: 0, found: BTreeMap::new(), lost: Vec::new(), end: None, goes_on: false }
    }

    /// Takes the row of a contact.
    pub fn take(&mut self, row: Row<'_>) {
        match ContactPlace::at(row) {
            Some(place) => self.put(place, || row.decode::<StoredContact>().map(|stored| stored.contact)),
            // Told once, with the first part.
            None if self.asked.after.is_none() => self.lost.extend(row.decode::<StoredContact>().err()),
            None => {}
        }
    }

    /// Takes a contact.
    pub fn add(&mut self, contact: &Arc<Contact>) {
        self.put(ContactPlace::of(contact), || Ok(Arc::clone(contact)));
    }

    /// Says that more come behind all that are taken.
    pub const fn goes_on(&mut self) {
        self.goes_on = true;
    }

    /// About how many bytes a contact takes.
    pub fn size(contact: &Contact) -> usize {
        let handle = contact.handle.as_ref().map_or(0, |handle| handle.as_str().len());
        let note = contact.note.as_ref().map_or(0, |note| note.as_str().len());
        Self::BESIDE + 2 * contact.address.contact().as_str().len() + handle + note
    }

    fn put(&mut self, place: ContactPlace, contact: impl FnOnce() -> Result<Arc<Contact>, Damage>) {
        let is_before = self.asked.after.is_some_and(|after| place <= after);
        if is_before || self.end.is_some_and(|end| place >= end) {
            return;
        }
        let contact = contact();
        let bytes = contact.as_ref().map_or(Self::BESIDE, |contact| Self::size(contact));
        self.bytes += bytes;
        self.found.insert(place, (bytes, contact));
        while self.bytes > self.asked.bytes && self.found.len() > 1 {
            if let Some((place, (bytes, _))) = self.found.pop_last() {
                self.bytes -= bytes;
                self.end = Some(place);
            }
        }
    }

    /// The part.
    pub fn listed(self) -> ListedContactsPart {
        let mut listed = ListedContactsPart::default();
        let last = self.found.last_key_value().map(|(&place, _)| place);
        listed.more = last.filter(|_| self.goes_on || self.end.is_some());
        let found = self.found.into_values().map(|(_, contact)| contact);
        for contact in found.chain(self.lost.into_iter().map(Err)) {
            match contact {
                Ok(contact) => listed.contacts.push(contact),
                Err(damage) => {
                    damage.tell();
                    listed.damaged += 1;
                }
            }
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shopfolk_model::{ContactAddress, ContactNote, ContactText, ContactType, Timestamp};

    use super::*;

    fn contact(id: i64, order_by: i64, note: usize) -> Arc<Contact> {
        let text = ContactText::new(&format!("c{id}")).unwrap();
        Arc::new(Contact {
            id: ContactId::new(id).unwrap(),
            address: ContactAddress::new(ContactType::Other, text).unwrap(),
            handle: None,
            note: ContactNote::optional(&"n".repeat(note)).unwrap(),
            default: false,
            order_by: OrderBy::new(order_by).unwrap(),
            timestamp: Timestamp::from_unix_seconds(0).unwrap(),
        })
    }

    proptest! {
        #[test]
        fn the_parts_one_after_the_other_are_all_in_order(
            rows in proptest::collection::vec((0_i64..5, 0_usize..3_000), 0..60),
            bytes in 1_usize..20_000,
        ) {
            let all: Vec<_> = (1_i64..).zip(rows).map(|(id, (order_by, note))| contact(id, order_by, note)).collect();
            let (mut after, mut listed) = (None, Vec::new());
            loop {
                let mut part = ContactsPart::new(ContactsRequest { after, bytes });
                for contact in all.iter().rev() {
                    part.add(contact);
                    prop_assert!(part.found.len() == 1 || part.bytes <= bytes);
                }
                let part = part.listed();
                listed.extend(part.contacts);
                after = part.more;
                if after.is_none() {
                    break;
                }
            }
            let mut expected = all;
            expected.sort_by_key(|contact| ContactPlace::of(contact));
            prop_assert_eq!(listed, expected);
        }
    }
}
