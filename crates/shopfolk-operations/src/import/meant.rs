//! Which customer a line means.

use std::collections::BTreeMap;

use shopfolk_model::{Customer, CustomerId, CustomerName, FieldChange, unique_key};

use super::memory::ImportMemory;
use super::{ImportConflict, ImportRules, Line, MatchBy, MatchedKey};
use crate::customer_portion::CustomerPortion;

/// A customer who was found, and by what.
pub(super) type Found = (MatchedKey, CustomerId);

/// What there is to find customers in.
pub(super) struct Search<'a> {
    pub(super) rules: &'a ImportRules,
    pub(super) portion: &'a CustomerPortion,
    pub(super) memory: &'a ImportMemory,
}

impl Search<'_> {
    /// The customer whom a line means; `None` when it is nobody who is there.
    ///
    /// # Errors
    /// When it is not clear who is meant.
    pub(super) fn meant(&self, line: &Line<'_>) -> Result<Option<CustomerId>, ImportConflict> {
        let mut found: Option<Found> = None;
        for key in &self.rules.match_by {
            let next = match key {
                MatchBy::ExternalReferenceId => self.by_reference(line),
                MatchBy::Email => self.by_email(line),
                MatchBy::Contact => self.by_contact(line)?,
                MatchBy::Id => None,
            };
            match (found, next) {
                (Some((one_key, one)), Some((other_key, other))) if one != other => {
                    return Err(ImportConflict::TwoCustomers { one_key, one, other_key, other });
                }
                _ => found = found.or(next),
            }
        }
        // An id is a weak word: whatever else is found counts instead.
        let found = found.or_else(|| self.by_id(line));
        let Some((key, id)) = found else { return Ok(None) };
        if let Some(customer) = self.portion.customer(id) {
            self.ensure_nobody_else(line, key, customer)?;
        }
        Ok(Some(id))
    }

    fn by_reference(&self, line: &Line<'_>) -> Option<Found> {
        let id = self.portion.find_by_reference(line.said.reference()?)?;
        Some((MatchedKey::ExternalReferenceId, id))
    }

    fn by_email(&self, line: &Line<'_>) -> Option<Found> {
        let id = self.portion.find_by_email(line.said.email.as_ref()?)?;
        Some((MatchedKey::Email, id))
    }

    fn by_id(&self, line: &Line<'_>) -> Option<Found> {
        let id = line.said.id.filter(|_| self.rules.matches_by(MatchBy::Id))?;
        let is_meant = match self.portion.customer(id) {
            Some(customer) => may_be(line, customer),
            None => self.portion.is_damaged(id),
        };
        is_meant.then_some((MatchedKey::Id, id))
    }

    /// Of several who have the contacts of a line it is the one with its name.
    fn by_contact(&self, line: &Line<'_>) -> Result<Option<Found>, ImportConflict> {
        let Some(owners) = self.memory.owners().filter(|_| !line.has_key()) else { return Ok(None) };
        let mut found = BTreeMap::new();
        for (place, contact) in line.contacts().iter().enumerate() {
            let has_it = |id: &CustomerId| match self.portion.contacts(*id) {
                Some(book) => book.contacts().iter().any(|known| known.address.equals(&contact.address)),
                None => self.memory.rehearsal.would_create(*id),
            };
            for id in owners.of(&contact.address).filter(has_it) {
                found.entry(id).or_insert(MatchedKey::Contact(place));
            }
        }
        let mut all = found.iter().map(|(&id, &key)| (key, id));
        let (Some(one), other) = (all.next(), all.next()) else { return Ok(None) };
        let Some(other) = other else { return Ok(Some(one)) };
        let has_its_name = |&(_, id): &Found| {
            let known = self.portion.customer(id).and_then(|customer| customer.name.as_ref());
            known.zip(name(line)).is_some_and(|(known, said)| is_same(known, said))
        };
        let mut named = found.iter().map(|(&id, &key)| (key, id)).filter(has_its_name);
        match (named.next(), named.next()) {
            (Some(one), None) => Ok(Some(one)),
            _ => Err(ImportConflict::TwoCustomers {
                one_key: one.0,
                one: one.1,
                other_key: other.0,
                other: other.1,
            }),
        }
    }

    /// Makes sure that a line does not make another customer of the one who is found.
    fn ensure_nobody_else(
        &self,
        line: &Line<'_>,
        key: MatchedKey,
        customer: &Customer,
    ) -> Result<(), ImportConflict> {
        if let (Some(theirs), Some(ours)) = (line.said.reference(), &customer.details.external_reference)
            && theirs != ours
            && self.rules.matches_by(MatchBy::ExternalReferenceId)
        {
            let (ours, theirs) = (ours.clone(), theirs.clone());
            return Err(ImportConflict::OtherReference { key, customer: customer.id, ours, theirs });
        }
        if let (Some(theirs), Some(ours)) = (name(line), &customer.name)
            && !is_same(ours, theirs)
            && self.memory.was_told(customer.id)
        {
            let (ours, theirs) = (ours.clone(), theirs.clone());
            return Err(ImportConflict::OtherName { key, customer: customer.id, ours, theirs });
        }
        Ok(())
    }
}

fn name<'a>(line: &Line<'a>) -> Option<&'a CustomerName> {
    match &line.said.name {
        FieldChange::Set(name) => Some(name),
        FieldChange::Keep | FieldChange::Clear => None,
    }
}

fn is_same(one: &CustomerName, other: &CustomerName) -> bool {
    one == other || unique_key(one.as_str()) == unique_key(other.as_str())
}

/// Whether a customer who has the id may be the one that is meant.
fn may_be(line: &Line<'_>, customer: &Customer) -> bool {
    match (line.said.reference(), &customer.details.external_reference) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => match (&line.said.email, &customer.email) {
            (Some(theirs), Some(ours)) => theirs.key() == ours.key(),
            _ => true,
        },
    }
}
