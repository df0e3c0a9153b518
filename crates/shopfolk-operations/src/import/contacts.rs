//! What a list of contacts in a file makes of those of a customer.

use std::collections::{HashMap, HashSet};

use shopfolk_model::{
    Contact, ContactAddress, ContactBook, ContactChange, ContactEntry, ContactHandle, ContactKey,
    ContactRuleError, ContactType, EmailAddress, FieldChange, MAXIMUM_CONTACTS, NewContact,
};

use super::{ImportedPart, LeftOut, Lists};

type Key<'a> = (ContactType, &'a ContactKey);

fn key(address: &ContactAddress) -> Key<'_> {
    (address.contact_type(), address.key())
}

/// The list that takes the place of the contacts of a customer; `None` when the file says nothing that is not there. In it
/// the contacts of the file come first, in their order. The contact of the customer's own address never goes because the
/// file does not name it.
pub(super) fn list_of_contacts(
    book: &ContactBook,
    own: Option<&EmailAddress>,
    contacts: &[NewContact],
    lists: Lists,
    left_out: &mut Vec<LeftOut>,
) -> Option<Vec<ContactEntry>> {
    let named: HashSet<Key<'_>> = contacts.iter().map(|contact| key(&contact.address)).collect();
    let own = own.map(|email| ContactAddress::from_stored(ContactType::Email, email.into()));
    let is_own = |contact: &Contact| own.as_ref().is_some_and(|own| own.equals(&contact.address));
    let (known, others): (Vec<&Contact>, Vec<&Contact>) =
        book.contacts().iter().map(|contact| &**contact).partition(|it| named.contains(&key(&it.address)));
    let mut known: HashMap<Key<'_>, &Contact> =
        known.into_iter().map(|contact| (key(&contact.address), contact)).collect();
    let staying: Vec<_> =
        others.iter().filter(|contact| lists == Lists::Add || is_own(contact)).map(|it| it.id).collect();
    let mut changes_something = staying.len() < others.len();
    let room = (MAXIMUM_CONTACTS as usize).saturating_sub(staying.len());
    let mut entries = Vec::with_capacity(contacts.len() + staying.len());
    // Of those in the file that are equal the first one counts, as when they are created.
    let mut taken = HashSet::with_capacity(contacts.len());
    for (place, contact) in contacts.iter().enumerate() {
        let key = key(&contact.address);
        if !taken.insert(key) {
            continue;
        }
        if let Some(before) = known.remove(&key) {
            let change = what_is_new(before, contact, lists);
            changes_something |= !change.is_empty();
            // Where anything changes, it has to be said again which are defaults: of several the last one is.
            let default = contact.default.then_some(true);
            entries.push(ContactEntry::Known(before.id, ContactChange { default, ..change }));
        } else if entries.len() + known.len() < room {
            changes_something = true;
            entries.push(ContactEntry::New(contact.clone()));
        } else {
            let part = ImportedPart::Contact(place);
            left_out.push(LeftOut { part, reason: ContactRuleError::Full.into() });
        }
    }
    entries.extend(staying.into_iter().map(|id| ContactEntry::Known(id, ContactChange::default())));
    changes_something.then_some(entries)
}

/// What a file says of a contact that is there, as far as it is not so already. What it leaves out says nothing.
fn what_is_new(before: &Contact, said: &NewContact, lists: Lists) -> ContactChange {
    let NewContact { address, handle, note, default, order_by, timestamp } = said;
    // A handle that follows from the link does not take the place of one that somebody gave.
    let is_another = |said: &ContactHandle| {
        before.handle.as_ref().is_none_or(|before| {
            said != before && address.handle_in_link().is_none_or(|in_link| *said != in_link)
        })
    };
    let is_spelt_anew = lists == Lists::Replace && before.address.contact() != address.contact();
    ContactChange {
        contact: is_spelt_anew.then(|| address.contact().clone()),
        contact_type: None,
        handle: handle.clone().filter(is_another).map_or(FieldChange::Keep, FieldChange::Set),
        note: unless_so(note.clone(), before.note.as_ref()),
        default: (*default && !before.default).then_some(true),
        order_by: order_by.filter(|place| *place != before.order_by),
        timestamp: timestamp.filter(|time| *time != before.timestamp),
    }
}

fn unless_so<T: PartialEq>(said: Option<T>, before: Option<&T>) -> FieldChange<T> {
    said.filter(|said| Some(said) != before).map_or(FieldChange::Keep, FieldChange::Set)
}

/// The contact for the address of a customer who had none, unless the file names it. It is the default if EMAIL has none.
pub(super) fn contact_for_first_email(
    email: &EmailAddress,
    book: &ContactBook,
    contacts: &[NewContact],
) -> Option<NewContact> {
    let own = ContactBook::contact_for_email(email);
    let is_named = contacts.iter().any(|contact| contact.address.equals(&own.address));
    let is_default = book.contacts().iter().any(|it| it.default && it.contact_type() == ContactType::Email)
        || contacts.iter().any(says_default_email);
    (!is_named).then_some(NewContact { default: !is_default, order_by: None, ..own })
}

fn says_default_email(contact: &NewContact) -> bool {
    contact.default && contact.address.contact_type() == ContactType::Email
}

/// The contacts of a new customer. One for the own address is among them where it would be another default than the file
/// says; else the new customer gets it anyway.
pub(super) fn contacts_of_new(
    own: Option<&EmailAddress>,
    contacts: &[NewContact],
    left_out: &mut Vec<LeftOut>,
) -> Vec<NewContact> {
    let own = own.map(ContactBook::contact_for_email);
    let is_named = |own: &NewContact| contacts.iter().any(|contact| contact.address.equals(&own.address));
    let own = own.filter(|own| !is_named(own));
    let room = MAXIMUM_CONTACTS as usize - usize::from(own.is_some());
    let mut taken = HashSet::with_capacity(contacts.len());
    let mut all = Vec::with_capacity(contacts.len() + 1);
    for (place, contact) in contacts.iter().enumerate() {
        if !taken.insert(key(&contact.address)) {
            continue;
        }
        if all.len() < room {
            all.push(contact.clone());
        } else {
            let part = ImportedPart::Contact(place);
            left_out.push(LeftOut { part, reason: ContactRuleError::Full.into() });
        }
    }
    if let Some(own) = own
        && all.iter().any(says_default_email)
    {
        all.push(NewContact { default: false, ..own });
    }
    all
}
