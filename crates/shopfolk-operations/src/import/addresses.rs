//! What a list of shipping addresses in a file makes of those of a customer.

use std::collections::HashSet;

use shopfolk_model::{
    AddressEntry, AddressId, AddressRuleError, FieldChange, MAXIMUM_ADDRESSES, ShippingAddress, Whereabouts,
    WhereaboutsChange, unique_key,
};

use super::{ImportedPart, LeftOut, Lists};

type IsMeant<'a> = dyn Fn(&AddressEntry, &ShippingAddress) -> bool + 'a;

/// The list that takes the place of the addresses of a customer. In it those of the file come first, in their order, each
/// with the id of the address that it equals, if there is one.
pub(super) fn list_of_addresses(
    before: &[ShippingAddress],
    addresses: &[AddressEntry],
    lists: Lists,
    same_store: bool,
    left_out: &mut Vec<LeftOut>,
) -> Vec<AddressEntry> {
    let mut taken = HashSet::new();
    let mut ids: Vec<Option<AddressId>> = vec![None; addresses.len()];
    let ways: [&IsMeant<'_>; 3] = [&|said, is| same_store && said.id == Some(is.id), &is_all_of, &is_part_of];
    for is_meant in ways {
        for (said, id) in addresses.iter().zip(&mut ids).filter(|(_, id)| id.is_none()) {
            let found = before.iter().find(|is| !taken.contains(&is.id) && is_meant(said, is));
            *id = found.map(|is| is.id);
            taken.extend(*id);
        }
    }
    let staying = before.iter().filter(|is| lists == Lists::Add && !taken.contains(&is.id));
    let staying: Vec<_> =
        staying.map(|is| AddressEntry { id: Some(is.id), ..AddressEntry::default() }).collect();
    let mut room = (MAXIMUM_ADDRESSES as usize).saturating_sub(staying.len() + taken.len());
    let mut entries = Vec::with_capacity(addresses.len() + staying.len());
    for (place, (said, id)) in addresses.iter().zip(ids).enumerate() {
        if id.is_some() || room > 0 {
            room -= usize::from(id.is_none());
            entries.push(AddressEntry { id, ..said.clone() });
        } else {
            let part = ImportedPart::Address(place);
            left_out.push(LeftOut { part, reason: AddressRuleError::TooMany.into() });
        }
    }
    entries.extend(staying);
    entries
}

/// The addresses of a new customer.
pub(super) fn addresses_of_new(addresses: &[AddressEntry], left_out: &mut Vec<LeftOut>) -> Vec<AddressEntry> {
    list_of_addresses(&[], addresses, Lists::Add, false, left_out)
}

/// Whether the file says of an address all that it is, and nothing else.
fn is_all_of(said: &AddressEntry, is: &ShippingAddress) -> bool {
    said.name.clone().apply(None) == is.name
        && Whereabouts::default().changed(said.whereabouts.clone()) == is.whereabouts
}

/// Whether the file may mean an address, of which it says less or more than is known: what both say is equal, and the first
/// thing that the file says of the place is known.
fn is_part_of(said: &AddressEntry, is: &ShippingAddress) -> bool {
    let WhereaboutsChange { company_name, street, city, country, postal_code, state, phone: _ } =
        &said.whereabouts;
    let place = &is.whereabouts;
    let compared = [
        compare(street, place.street.as_ref(), |street| unique_key(street.as_str())),
        compare(city, place.city.as_ref(), |city| unique_key(city.as_str())),
        compare(postal_code, place.postal_code.as_ref(), |code| unique_key(code.as_str())),
        compare(state, place.state.as_ref(), |state| unique_key(state.as_str())),
        compare(country, place.country.as_ref(), |country| country.name().to_owned()),
        compare(company_name, place.company_name.as_ref(), |company| unique_key(company.as_str())),
        compare(&said.name, is.name.as_ref(), |name| unique_key(name.as_str())),
    ];
    let mut said = compared.into_iter().filter(|compared| *compared != Compared::Unsaid);
    said.next() == Some(Compared::Equal) && said.all(|compared| compared != Compared::Other)
}

/// What a file says of a part of an address, beside what is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    /// Nothing.
    Unsaid,
    /// The same.
    Equal,
    /// Something, where nothing is known.
    More,
    /// Something else.
    Other,
}

fn compare<T>(said: &FieldChange<T>, known: Option<&T>, key: impl Fn(&T) -> String) -> Compared {
    match (said, known) {
        (FieldChange::Keep | FieldChange::Clear, _) => Compared::Unsaid,
        (FieldChange::Set(_), None) => Compared::More,
        (FieldChange::Set(said), Some(known)) if key(said) == key(known) => Compared::Equal,
        (FieldChange::Set(_), Some(_)) => Compared::Other,
    }
}
