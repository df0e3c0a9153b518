//! The shipping addresses of one customer, and every rule about them.

use crate::{
    AddressId, AddressNote, CustomerName, FieldChange, MAXIMUM_ADDRESSES, OrderBy, Timestamp, Whereabouts,
    WhereaboutsChange,
};

/// A place that a customer has goods sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingAddress {
    /// The id, unique in the store.
    pub id: AddressId,
    /// Who receives the goods.
    pub name: Option<CustomerName>,
    /// Where.
    pub whereabouts: Whereabouts,
    /// A note for the people who deliver.
    pub note: Option<AddressNote>,
    /// When the address came to be.
    pub created: Timestamp,
    /// Whether it is the customer's default; exactly one of a customer's addresses is.
    pub default: bool,
    /// The place in the customer's list.
    pub order_by: OrderBy,
}

/// What a caller says of an address; what is left out of one that is there stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressEntry {
    /// The address that is meant; `None` is a new one.
    pub id: Option<AddressId>,
    /// Who receives the goods.
    pub name: FieldChange<CustomerName>,
    /// Where.
    pub whereabouts: WhereaboutsChange,
    /// A note.
    pub note: FieldChange<AddressNote>,
    /// When it came to be.
    pub created: Option<Timestamp>,
    /// Whether it is the default.
    pub default: Option<bool>,
    /// The place in the list.
    pub order_by: Option<OrderBy>,
}

/// Why a list of addresses cannot take the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRuleError {
    /// An entry names an address that the customer does not have.
    #[error("the customer has no address #{id}")]
    Unknown {
        /// The id it names.
        id: AddressId,
    },
    /// Two entries name the same address.
    #[error("the address #{id} is in the list twice")]
    Twice {
        /// The id they name.
        id: AddressId,
    },
    /// The list is longer than a customer's can be.
    #[error("a customer can have at most {MAXIMUM_ADDRESSES} shipping addresses")]
    TooMany,
}

/// The list of one customer's shipping addresses: the aggregate that keeps their rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressBook {
    addresses: Vec<ShippingAddress>,
}

impl AddressBook {
    /// The book of these addresses, all that the customer has.
    pub fn whole(mut addresses: Vec<ShippingAddress>) -> Self {
        addresses.sort_unstable_by_key(|address| (address.order_by, address.id));
        Self { addresses }
    }

    /// The addresses, by place, then by id.
    pub fn addresses(&self) -> &[ShippingAddress] {
        &self.addresses
    }

    /// Puts a list in the place of this one: entries with an id change that address, those without one are new and take
    /// the next of `ids`, and addresses that no entry names go.
    ///
    /// One address is the default: the first that says so, else the one that was, else the first of the list.
    ///
    /// # Errors
    /// When an entry names an unknown address or one that another entry names, or the list is too long.
    pub fn replace(
        &mut self,
        entries: &[AddressEntry],
        ids: impl IntoIterator<Item = AddressId>,
        now: Timestamp,
    ) -> Result<(), AddressRuleError> {
        if entries.len() > MAXIMUM_ADDRESSES as usize {
            return Err(AddressRuleError::TooMany);
        }
        let mut ids = ids.into_iter();
        let mut after: Vec<ShippingAddress> = Vec::with_capacity(entries.len());
        let highest = self.addresses.iter().map(|address| address.order_by).max();
        let mut next_place = highest.map_or(OrderBy::FIRST, OrderBy::following);
        for entry in entries {
            let before = match entry.id {
                None => None,
                Some(id) if after.iter().any(|address| address.id == id) => {
                    return Err(AddressRuleError::Twice { id });
                }
                Some(id) => Some(self.find(id).ok_or(AddressRuleError::Unknown { id })?.clone()),
            };
            let address = if let Some(before) = before {
                changed(before, entry)
            } else {
                // The caller brings as many ids as there are entries without one.
                let Some(id) = ids.next() else { return Err(AddressRuleError::TooMany) };
                let place = entry.order_by.unwrap_or(next_place);
                next_place = next_place.max(place.following());
                new(id, entry, place, now)
            };
            after.push(address);
        }
        self.choose_default(&mut after, entries);
        *self = Self::whole(after);
        Ok(())
    }

    fn find(&self, id: AddressId) -> Option<&ShippingAddress> {
        self.addresses.iter().find(|address| address.id == id)
    }

    fn choose_default(&self, after: &mut [ShippingAddress], entries: &[AddressEntry]) {
        let named = entries.iter().position(|entry| entry.default == Some(true));
        let before = self.addresses.iter().find(|address| address.default).map(|address| address.id);
        let kept = after
            .iter()
            .zip(entries)
            .position(|(address, entry)| Some(address.id) == before && entry.default != Some(false));
        let chosen = named.or(kept).unwrap_or(0);
        for (place, address) in after.iter_mut().enumerate() {
            address.default = place == chosen;
        }
    }
}

fn new(id: AddressId, entry: &AddressEntry, order_by: OrderBy, now: Timestamp) -> ShippingAddress {
    let nothing = ShippingAddress {
        id,
        name: None,
        whereabouts: Whereabouts::default(),
        note: None,
        created: now,
        default: false,
        order_by,
    };
    changed(nothing, entry)
}

fn changed(before: ShippingAddress, entry: &AddressEntry) -> ShippingAddress {
    let AddressEntry { id: _, name, whereabouts, note, created, default: _, order_by } = entry.clone();
    ShippingAddress {
        id: before.id,
        name: name.apply(before.name),
        whereabouts: before.whereabouts.changed(whereabouts),
        note: note.apply(before.note),
        created: created.unwrap_or(before.created),
        default: before.default,
        order_by: order_by.unwrap_or(before.order_by),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::City;

    fn id(number: i64) -> AddressId {
        AddressId::new(number).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::from_unix_seconds(1_000).unwrap()
    }

    fn to(city: &str) -> AddressEntry {
        let city = FieldChange::Set(City::new(city).unwrap());
        let whereabouts = WhereaboutsChange { city, ..WhereaboutsChange::default() };
        AddressEntry { whereabouts, ..AddressEntry::default() }
    }

    fn that_is(number: i64) -> AddressEntry {
        AddressEntry { id: Some(id(number)), ..AddressEntry::default() }
    }

    fn default(entry: AddressEntry) -> AddressEntry {
        AddressEntry { default: Some(true), ..entry }
    }

    /// A book with addresses 1, 2, … to these cities, of which the first is the default.
    fn book(cities: &[&str]) -> AddressBook {
        let mut book = AddressBook::default();
        let entries: Vec<_> = cities.iter().map(|city| to(city)).collect();
        book.replace(&entries, (1..).map(id), now()).unwrap();
        book
    }

    fn shown(book: &AddressBook) -> Vec<(i64, &str, bool, i32)> {
        let shown =
            |address: &'_ ShippingAddress| (address.id.get(), address.default, address.order_by.get());
        let cities = book.addresses.iter().map(|address| address.whereabouts.city.as_ref().unwrap().as_str());
        let rest = book.addresses.iter().map(shown);
        rest.zip(cities).map(|((id, default, place), city)| (id, city, default, place)).collect()
    }

    #[test]
    fn the_first_address_is_the_default_if_none_is_named() {
        assert_eq!(shown(&book(&["A", "B"])), [(1, "A", true, 0), (2, "B", false, 1)]);
        let mut book = AddressBook::default();
        book.replace(&[to("A"), default(to("B")), default(to("C"))], (1..).map(id), now()).unwrap();
        assert_eq!(shown(&book), [(1, "A", false, 0), (2, "B", true, 1), (3, "C", false, 2)]);
    }

    #[test]
    fn a_list_takes_the_place_of_another_one() {
        let mut book = book(&["A", "B", "C"]);
        let changed = AddressEntry { id: Some(id(3)), ..to("D") };
        book.replace(&[to("E"), changed], [id(4)], now()).unwrap();
        assert_eq!(shown(&book), [(3, "D", false, 2), (4, "E", true, 3)]);
    }

    #[test]
    fn what_an_entry_leaves_out_stays() {
        let mut book = book(&["A", "B"]);
        let before = book.clone();
        book.replace(&[that_is(1), that_is(2)], [], now()).unwrap();
        assert_eq!(book, before);
    }

    #[test]
    fn one_address_is_the_default_whatever_the_list_says() {
        let mut book = book(&["A", "B"]);
        book.replace(&[that_is(1), default(that_is(2))], [], now()).unwrap();
        assert_eq!(shown(&book), [(1, "A", false, 0), (2, "B", true, 1)]);
        let no_default = AddressEntry { default: Some(false), ..that_is(2) };
        book.replace(&[that_is(1), no_default], [], now()).unwrap();
        assert_eq!(shown(&book), [(1, "A", true, 0), (2, "B", false, 1)]);
        book.replace(&[that_is(2)], [], now()).unwrap();
        assert_eq!(shown(&book), [(2, "B", true, 1)]);
    }

    #[test]
    fn wrong_lists_are_refused_and_change_nothing() {
        let mut book = book(&["A"]);
        let before = book.clone();
        assert_eq!(book.replace(&[that_is(9)], [], now()), Err(AddressRuleError::Unknown { id: id(9) }));
        let twice = [that_is(1), that_is(1)];
        assert_eq!(book.replace(&twice, [], now()), Err(AddressRuleError::Twice { id: id(1) }));
        let many = vec![to("A"); MAXIMUM_ADDRESSES as usize + 1];
        assert_eq!(book.replace(&many, (1..).map(id), now()), Err(AddressRuleError::TooMany));
        assert_eq!(book, before);
    }
}
