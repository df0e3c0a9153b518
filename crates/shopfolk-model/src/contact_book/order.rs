//! The order of a customer's contacts, as a whole.

use super::{BookChange, ContactBook, ContactRuleError};
use crate::{ContactChange, ContactEntry, ContactId, OrderBy, Timestamp};

impl ContactBook {
    /// Puts the contacts in this order: the first takes the place 0, the next 1, and so on. `None` when they have these places
    /// already.
    ///
    /// # Errors
    /// When the list does not name each contact exactly once. Nothing is changed then.
    pub fn order(
        &mut self,
        ids: &[ContactId],
        now: Timestamp,
    ) -> Result<Option<BookChange>, ContactRuleError> {
        if let Some(contact) = self.contacts.iter().find(|contact| !ids.contains(&contact.id)) {
            return Err(ContactRuleError::LeftOut { id: contact.id });
        }
        let is_in_excess = |&(place, id): &(usize, &ContactId)| {
            ids.iter().take(place).any(|earlier| earlier == id) || self.find(*id).is_none()
        };
        if let Some((_, &id)) = ids.iter().enumerate().find(is_in_excess) {
            return Err(ContactRuleError::InExcess { id });
        }
        let mut next = OrderBy::FIRST;
        let mut entries = Vec::with_capacity(ids.len());
        for &id in ids {
            let change = ContactChange { order_by: Some(next), ..ContactChange::default() };
            entries.push(ContactEntry::Known(id, change));
            next = next.following();
        }
        self.replace_all(&entries, [], now)
    }
}
