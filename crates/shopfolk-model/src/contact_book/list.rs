//! A list that takes the place of a customer's contacts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{BookChange, BookSummary, ContactBook, ContactRuleError, ContactWrite};
use crate::{
    Contact, ContactAddress, ContactChange, ContactEntry, ContactId, ContactKey, ContactType,
    MAXIMUM_CONTACTS, Timestamp,
};

/// An entry of the list, as it becomes.
struct Listed {
    before: Option<Arc<Contact>>,
    after: Contact,
    /// Whether the entry itself says that it is the default of its type.
    says_default: bool,
}

impl Listed {
    /// How good its claim on the default of its type is; `None` if it claims nothing.
    fn claim(&self) -> Option<Claim> {
        let moved = |before: &Arc<Contact>| before.contact_type() != self.after.contact_type();
        match &self.before {
            _ if !self.after.default => None,
            _ if self.says_default => Some(Claim::Says),
            Some(before) if moved(before) => Some(Claim::Brings),
            _ => Some(Claim::Has),
        }
    }
}

/// Why a contact would be the default of its type, from the weakest claim to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// It was the default of another type.
    Brings,
    /// It was the default of this type.
    Has,
    /// The list says so.
    Says,
}

impl ContactBook {
    /// Puts a list in the place of this one: an entry with an id changes that contact, one without is added and takes the
    /// next of `ids`, contacts that no entry names go. The rules hold for the outcome, whatever comes between:
    /// of two that say that they are the default of a type, the later one is, and an entry without an id that equals an earlier
    /// one adds nothing.
    ///
    /// # Errors
    /// When an entry names an unknown contact or one that another entry names, when two contacts would be equal,
    /// or when there would be more than 500. Nothing is changed then.
    pub fn replace_all(
        &mut self,
        entries: &[ContactEntry],
        ids: impl IntoIterator<Item = ContactId>,
        now: Timestamp,
    ) -> Result<Option<BookChange>, ContactRuleError> {
        let mut list = self.listed(entries, ids, now)?;
        if list.len() > MAXIMUM_CONTACTS as usize {
            return Err(ContactRuleError::Full);
        }
        settle_defaults(&mut list);
        let (contacts, writes) = self.writes(list);
        if writes.is_empty() {
            return Ok(None);
        }
        *self = Self::whole(contacts);
        Ok(Some(BookChange { writes, summary: self.summary }))
    }

    /// The entries as they become, each as if it were alone, in their order.
    fn listed(
        &self,
        entries: &[ContactEntry],
        ids: impl IntoIterator<Item = ContactId>,
        now: Timestamp,
    ) -> Result<Vec<Listed>, ContactRuleError> {
        let mut addresses: HashMap<(ContactType, ContactKey), (usize, ContactId)> = HashMap::new();
        let mut named = HashSet::with_capacity(entries.len());
        let mut places = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            let ContactEntry::Known(id, change) = entry else { continue };
            let listed = self.listed_known(*id, change)?;
            if !named.insert(*id) {
                return Err(ContactRuleError::Twice { id: *id });
            }
            let address = &listed.after.address;
            if let Some((_, id)) = addresses.insert(index(address), (place, *id)) {
                return Err(ContactRuleError::AlreadyThere { id, address: address.clone() });
            }
            places.push((place, listed));
        }
        let mut summary = BookSummary {
            size: 0,
            highest_order_by: places.iter().map(|(_, listed)| listed.after.order_by).max(),
        };
        let mut ids = ids.into_iter();
        for (place, entry) in entries.iter().enumerate() {
            let ContactEntry::New(new) = entry else { continue };
            // The caller brings as many ids as there are new entries.
            let Some(id) = ids.next() else { return Err(ContactRuleError::Full) };
            let after = new.clone().created(id, summary.next_order_by(), now);
            let listed = Listed { before: None, after, says_default: new.default };
            let address = &listed.after.address;
            match addresses.get(&index(address)) {
                Some(&(earlier, _)) if earlier < place => continue,
                Some(&(_, id)) => {
                    return Err(ContactRuleError::AlreadyThere { id, address: address.clone() });
                }
                None => addresses.insert(index(address), (place, id)),
            };
            summary.highest_order_by = summary.highest_order_by.max(Some(listed.after.order_by));
            places.push((place, listed));
        }
        places.sort_unstable_by_key(|(place, _)| *place);
        Ok(places.into_iter().map(|(_, listed)| listed).collect())
    }

    fn listed_known(&self, id: ContactId, change: &ContactChange) -> Result<Listed, ContactRuleError> {
        let before = self.find(id).ok_or(ContactRuleError::Unknown { id })?;
        Ok(Listed {
            before: Some(Arc::clone(before)),
            after: change.clone().apply(before)?,
            says_default: change.default == Some(true),
        })
    }

    /// The contacts that there are in the end, and what has to be written: first what goes, and what is in the way of
    /// others, then what changes where it is, then what is new, and what was in the way.
    fn writes(&self, list: Vec<Listed>) -> (Vec<Arc<Contact>>, Vec<ContactWrite>) {
        let stays: HashSet<ContactId> = list.iter().map(|listed| listed.after.id).collect();
        let (staying, gone): (Vec<_>, Vec<_>) =
            self.contacts.iter().cloned().partition(|contact| stays.contains(&contact.id));
        let mut addresses = HashMap::with_capacity(staying.len());
        let mut defaults = HashMap::new();
        for contact in staying {
            if contact.default {
                defaults.insert(contact.contact_type(), contact.id);
            }
            addresses.insert(index(&contact.address), contact.id);
        }
        let is_free = |after: &Contact| {
            let own = |id: Option<&ContactId>| id.is_none_or(|id| *id == after.id);
            own(addresses.get(&index(&after.address)))
                && (!after.default || own(defaults.get(&after.contact_type())))
        };
        let mut writes: Vec<_> = gone.into_iter().map(ContactWrite::Remove).collect();
        let (mut replaces, mut adds) = (Vec::new(), Vec::new());
        let mut contacts = Vec::with_capacity(list.len());
        for Listed { before, after, .. } in list {
            let after = Arc::new(after);
            contacts.push(Arc::clone(&after));
            match before {
                None => adds.push(ContactWrite::Add(after)),
                Some(before) if before == after => {}
                Some(before) if is_free(&after) => replaces.push(ContactWrite::Replace { before, after }),
                Some(before) => {
                    writes.push(ContactWrite::Remove(before));
                    adds.push(ContactWrite::Add(after));
                }
            }
        }
        writes.extend(replaces);
        writes.extend(adds);
        (contacts, writes)
    }
}

fn index(address: &ContactAddress) -> (ContactType, ContactKey) {
    (address.contact_type(), address.key().clone())
}

/// Leaves one default of a type: the one with the best claim; the later one of those that say so, else the earlier one.
fn settle_defaults(list: &mut [Listed]) {
    let mut best: HashMap<ContactType, (Claim, usize)> = HashMap::new();
    for (place, listed) in list.iter().enumerate() {
        let Some(claim) = listed.claim() else { continue };
        let held = best.entry(listed.after.contact_type()).or_insert((claim, place));
        if claim > held.0 || claim == Claim::Says {
            *held = (claim, place);
        }
    }
    for (place, listed) in list.iter_mut().enumerate() {
        let heir = best.get(&listed.after.contact_type());
        listed.after.default &= heir.is_some_and(|(_, heir)| *heir == place);
    }
}
