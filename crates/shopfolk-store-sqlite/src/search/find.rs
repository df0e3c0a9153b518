//! Finding customers in the blocks, and what was added since.

use memchr::memmem::Finder;
use shopfolk_model::{ContactFilter, CustomerSearch, EmailFilter, Money, PhoneDigits, Timestamp};
use shopfolk_store::StoreError;

use super::added::{AddedContact, read_added};
use super::blocks::Blocks;
use super::field::{Column, TextField};
use super::hits::Hits;
use super::late::{Late, LateUpdate};
use super::narrowing::Narrowing;

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
}

/// What is asked of contacts that were added.
struct AddedFilter<'a> {
    text: Option<Finder<'a>>,
    types: Option<shopfolk_model::ContactTypeSet>,
}

impl<'a> AddedFilter<'a> {
    fn of(filter: &'a ContactFilter) -> Self {
        Self { text: filter.text.as_ref().map(|text| Finder::new(text.key())), types: filter.types }
    }

    fn accepts(&self, contact: &AddedContact<'_>) -> bool {
        self.types.is_none_or(|types| types.contains(contact.contact_type))
            && self.text.as_ref().is_none_or(|finder| finder.find(contact.text).is_some())
    }
}
