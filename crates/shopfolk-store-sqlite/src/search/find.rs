//! Finding customers in the blocks, and what was added since.

use memchr::memmem::Finder;
use shopfolk_model::{ContactFilter, CustomerSearch, EmailFilter, Money, PhoneDigits, Timestamp};
use shopfolk_store::StoreError;

use super::added::{AddedContact, read_added};
use super::bits::Bits;
use super::blocks::Blocks;
use super::field::{Column, TextField};
use super::hits::{BlockHits, Hits};
use super::narrowing::Narrowing;

/// A contact that was added, where that matters to a search: whose, which, and the customer's `updated` by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late {
    customer: i64,
    contact: i64,
    updated: i64,
}

/// What the contacts that were added since the blocks were packed mean for one search.
#[derive(Debug, Default)]
struct Added {
    /// Contacts that the search asks for.
    wanted: Vec<Late>,
    /// Contacts with the phone number that it asks for.
    with_phone: Vec<Late>,
    /// Contacts by which customers were updated.
    updated: Vec<Late>,
}

/// A customer in a block whose `updated` the block does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LateUpdate {
    /// The block.
    pub first: i64,
    /// The customer's place in it.
    pub place: usize,
    /// When the customer was updated, in UNIX seconds.
    pub updated: i64,
}

/// What was found in the blocks.
pub(super) struct Found {
    /// Who.
    pub hits: Hits,
    /// Whose `updated` is not in the blocks; empty unless it was asked for.
    pub late_updates: Vec<LateUpdate>,
}

impl Blocks<'_> {
    /// Finds those in the blocks whom the search asks for, by what the blocks and the added contacts say; `buyers`, by id,
    /// are those who bought what it asks for. Customers that changed in other ways are not told apart here.
    /// `sorts_by_update` says that late updates are wanted.
    pub(super) fn find(
        self,
        search: &CustomerSearch,
        buyers: Option<&[i64]>,
        sorts_by_update: bool,
    ) -> Result<Found, StoreError> {
        let CustomerSearch {
            keyword,
            name,
            email,
            phone,
            city,
            postal_code,
            state,
            company_name,
            countries,
            groups,
            accept_marketing,
            language,
            tax_exempt,
            kind,
            order_count,
            sales_value,
            // Given as `buyers`.
            purchased_products: _,
            registered,
            updated,
            contact,
        } = search;
        let added = self.added(search, sorts_by_update)?;
        let late_updates = self.late_updates(&added.updated)?;
        let mut found = Narrowing { blocks: self, hits: None };
        // Those that cost least come first, because whatever comes later is asked of fewer.
        found.by_update(*updated, &late_updates)?;
        if let Some(buyers) = buyers {
            found.keep(self.these(buyers)?);
        }
        found.by_span(Column::Registered, *registered, Timestamp::unix_seconds)?;
        found.by_group(groups.as_ref())?;
        found.by_span(Column::OrderCount, *order_count, |count| i64::try_from(count).unwrap_or(i64::MAX))?;
        found.by_span(Column::SalesValue, *sales_value, Money::units)?;
        found.by_flags(*tax_exempt, *kind, *accept_marketing)?;
        found.by_country(countries.as_ref())?;
        found.by_language(language.as_ref())?;
        found.by_part(TextField::States, state.as_ref())?;
        found.by_part(TextField::PostalCodes, postal_code.as_ref())?;
        found.by_part(TextField::CompanyNames, company_name.as_ref())?;
        found.by_part(TextField::Cities, city.as_ref())?;
        found.by_part(TextField::Name, name.as_ref())?;
        match email {
            Some(EmailFilter::Part(part)) => found.by_part(TextField::Email, Some(part))?,
            // Whoever has exactly this address is looked up without the blocks.
            Some(EmailFilter::Exactly(_)) | None => {}
        }
        found.by_keyword(keyword.as_ref())?;
        found.by_phone(phone.as_ref(), &added.with_phone)?;
        found.by_contact(contact.as_ref(), &added.wanted)?;
        let hits = found.hits.map_or_else(|| self.everybody(), Ok)?;
        Ok(Found { hits, late_updates })
    }

    /// Reads the added contacts, as far as the search needs them.
    fn added(self, search: &CustomerSearch, sorts_by_update: bool) -> Result<Added, StoreError> {
        let mut added = Added::default();
        let by_update = !search.updated.is_everything();
        if search.contact.is_none() && search.phone.is_none() && !by_update && !sorts_by_update {
            return Ok(added);
        }
        let contact = search.contact.as_ref().map(AddedFilter::of);
        let phone = search.phone.as_ref().map(|digits| Finder::new(digits.as_str()));
        // Whoever was updated too early matters only where the same customer may seem to be updated later than that, because
        // the clock stepped back.
        let from = search.updated.from.map(Timestamp::unix_seconds);
        let all_matter = sorts_by_update || search.updated.to.is_some();
        let mut latest = if by_update { self.highest(Column::Updated)? } else { None };
        read_added(self.connection, self.store, |entry| {
            let AddedContact { customer, contact: id, updated, contact_type, text } = entry;
            let late = Late { customer, contact: id, updated };
            if contact.as_ref().is_some_and(|filter| filter.accepts(&entry)) {
                added.wanted.push(late);
            }
            if let Some(phone) = &phone
                && contact_type.has_number()
                && phone.find(PhoneDigits::of(&String::from_utf8_lossy(text)).as_bytes()).is_some()
            {
                added.with_phone.push(late);
            }
            latest = latest.max(Some(updated));
            if (by_update || sorts_by_update) && (all_matter || latest >= from) {
                added.updated.push(late);
            }
        })?;
        Ok(added)
    }

    /// Those in the blocks to whom contacts were added of which the blocks do not know yet.
    pub(super) fn late(self, contacts: &[Late]) -> Result<Hits, StoreError> {
        let mut hits: Vec<BlockHits> = Vec::new();
        self.place(contacts, |first, place, _| match hits.last_mut() {
            Some(block) if block.first == first => block.bits.set(place),
            _ => {
                let mut bits = Bits::default();
                bits.set(place);
                hits.push(BlockHits { first, bits });
            }
        })?;
        Ok(Hits::of(hits))
    }

    /// Those of these customers, who are given by id, who are in the blocks.
    fn these(self, customers: &[i64]) -> Result<Hits, StoreError> {
        let always = |&customer: &i64| Late { customer, contact: i64::MAX, updated: 0 };
        self.late(&customers.iter().map(always).collect::<Vec<_>>())
    }

    fn late_updates(self, contacts: &[Late]) -> Result<Vec<LateUpdate>, StoreError> {
        let mut updates: Vec<LateUpdate> = Vec::new();
        self.place(contacts, |first, place, late| {
            let update = LateUpdate { first, place, updated: late.updated };
            match updates.last_mut() {
                Some(last) if (last.first, last.place) == (first, place) => *last = update,
                _ => updates.push(update),
            }
        })?;
        Ok(updates)
    }

    /// Hands the block and place of the customer of each contact that the block does not know yet to `look`, by customer,
    /// then in the order the contacts came.
    fn place(self, contacts: &[Late], mut look: impl FnMut(i64, usize, Late)) -> Result<(), StoreError> {
        let mut contacts = contacts.to_vec();
        contacts.sort_unstable_by_key(|late| (late.customer, late.contact));
        let mut block: Option<(i64, Vec<i64>, Vec<i64>)> = None;
        for late in contacts {
            let inside = block
                .as_ref()
                .is_some_and(|(_, ids, _)| ids.last().is_some_and(|&last| late.customer <= last));
            if !inside {
                block = match self.block_of(late.customer)? {
                    Some((first, ids)) => Some((first, ids, self.column(Column::NextContactId, first)?)),
                    None => None,
                };
            }
            let Some((first, ids, next)) = &block else { continue };
            let Ok(place) = ids.binary_search(&late.customer) else { continue };
            if next.get(place).is_some_and(|&next| late.contact >= next) {
                look(*first, place, late);
            }
        }
        Ok(())
    }
}

/// What is asked of contacts that were added.
struct AddedFilter<'a> {
    text: Option<Finder<'a>>,
    types: Option<shopfolk_model::ContactTypeSet>,
}

impl<'a> AddedFilter<'a> {
    fn of(filter: &'a ContactFilter) -> Self {
        Self { text: filter.text.as_ref().map(|text| Finder::new(text.folded())), types: filter.types }
    }

    fn accepts(&self, contact: &AddedContact<'_>) -> bool {
        self.types.is_none_or(|types| types.contains(contact.contact_type))
            && self.text.as_ref().is_none_or(|finder| finder.find(contact.text).is_some())
    }
}
