//! Finding customers in the blocks, and what was added since.

use memchr::memmem::Finder;
use shopfolk_model::{
    ContactFilter, CustomerKind, CustomerSearch, EmailFilter, Money, PhoneDigits, Span, Timestamp,
};
use shopfolk_store::StoreError;

use super::added::{AddedContact, read_added};
use super::bits::Bits;
use super::blocks::Blocks;
use super::field::{BUSINESS, Column, MARKETING, NO_MARKETING, TAX_EXEMPT, TextField};
use super::hits::{BlockHits, Hits};
use super::links::Finders;

/// A contact that was added, where that matters to a search: whose, which, and the customer's `updated` by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Late {
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
        let added = self.added(search, sorts_by_update)?;
        let late_updates = self.late_updates(&added.updated)?;
        let mut found: Option<Hits> = None;
        // Those that cost least come first, because whatever comes later is asked of fewer.
        self.by_update(search, &late_updates, &mut found)?;
        if let Some(buyers) = buyers {
            let hits = self.these(buyers)?;
            join(&mut found, hits);
        }
        self.by_numbers(search, &mut found)?;
        self.by_places(search, &mut found)?;
        self.by_names(search, &mut found)?;
        if let Some(phone) = &search.phone {
            let finder = Finder::new(phone.as_str());
            let hits = self.texts(TextField::Phones, found.as_ref(), |texts| texts.containing(&finder))?;
            join(&mut found, hits.or(self.late(&added.with_phone)?));
        }
        if let Some(filter) = &search.contact {
            let hits = self.with_contact(filter, found.as_ref())?;
            join(&mut found, hits.or(self.late(&added.wanted)?));
        }
        let hits = found.map_or_else(|| self.everybody(), Ok)?;
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
        // Whoever was updated too early is so only until the next contact, unless there is an end to it.
        let matters = |updated: i64| {
            sorts_by_update
                || search.updated.to.is_some()
                || search.updated.from.is_none_or(|from| from.unix_seconds() <= updated)
        };
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
            if (by_update || sorts_by_update) && matters(updated) {
                added.updated.push(late);
            }
        })?;
        Ok(added)
    }

    /// Those in the blocks to whom contacts were added of which the blocks do not know yet.
    fn late(self, contacts: &[Late]) -> Result<Hits, StoreError> {
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

    fn by_update(
        self,
        search: &CustomerSearch,
        late_updates: &[LateUpdate],
        found: &mut Option<Hits>,
    ) -> Result<(), StoreError> {
        if search.updated.is_everything() {
            return Ok(());
        }
        let (low, high) = bounds(search.updated);
        let hits = self.numbers_between(Column::Updated, low, high, |_| true)?;
        let mut late = Vec::new();
        let mut hits = hits;
        for update in late_updates {
            let within = (low..=high).contains(&update.updated);
            match hits.block_mut(update.first) {
                Some(block) if block.first == update.first => {
                    if within {
                        block.bits.set(update.place);
                    } else {
                        block.bits.clear(update.place);
                    }
                }
                _ if within => {
                    let mut bits = Bits::default();
                    bits.set(update.place);
                    late.push(BlockHits { first: update.first, bits });
                }
                _ => {}
            }
        }
        hits.tidy();
        join(found, hits.or(Hits::of(late)));
        Ok(())
    }

    fn by_numbers(self, search: &CustomerSearch, found: &mut Option<Hits>) -> Result<(), StoreError> {
        if !search.registered.is_everything() {
            let (low, high) = bounds(search.registered);
            join(found, self.numbers_between(Column::Registered, low, high, |_| true)?);
        }
        if let Some(groups) = &search.groups {
            let ids: Vec<i64> = groups.iter().map(|group| group.get()).collect();
            let (low, high) = (ids.first().copied().unwrap_or(1), ids.last().copied().unwrap_or(0));
            let among = |group| ids.binary_search(&group).is_ok();
            join(found, self.numbers_between(Column::Group, low, high, among)?);
        }
        if !search.order_count.is_everything() {
            let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let (low, high) =
                (search.order_count.from.map_or(0, count), search.order_count.to.map_or(i64::MAX, count));
            join(found, self.numbers_between(Column::OrderCount, low, high, |_| true)?);
        }
        if !search.sales_value.is_everything() {
            let Span { from, to } = search.sales_value;
            let (low, high) = (from.map_or(0, Money::units), to.map_or(i64::MAX, Money::units));
            join(found, self.numbers_between(Column::SalesValue, low, high, |_| true)?);
        }
        let (set, unset) = flags(search);
        if set | unset != 0 {
            let fits = |flags: i64| flags & set == set && flags & unset == 0;
            let hits = self.numbers(Column::Flags, found.as_ref(), fits)?;
            join(found, hits);
        }
        Ok(())
    }

    fn by_places(self, search: &CustomerSearch, found: &mut Option<Hits>) -> Result<(), StoreError> {
        if let Some(countries) = &search.countries {
            let hits = self.texts(TextField::Countries, found.as_ref(), |texts| {
                texts.with_part(|part| countries.iter().any(|country| country.as_str().as_bytes() == part))
            })?;
            join(found, hits);
        }
        if let Some(language) = &search.language {
            let key = language.key();
            let hits = self.texts(TextField::Language, found.as_ref(), |texts| {
                texts.with_part(|part| part == key.as_bytes())
            })?;
            join(found, hits);
        }
        for (field, text) in [
            (TextField::States, &search.state),
            (TextField::PostalCodes, &search.postal_code),
            (TextField::CompanyNames, &search.company_name),
            (TextField::Cities, &search.city),
        ] {
            if let Some(text) = text {
                self.by_text(field, text.folded(), found)?;
            }
        }
        Ok(())
    }

    fn by_names(self, search: &CustomerSearch, found: &mut Option<Hits>) -> Result<(), StoreError> {
        if let Some(name) = &search.name {
            self.by_text(TextField::Name, name.folded(), found)?;
        }
        if let Some(EmailFilter::Part(part)) = &search.email {
            self.by_text(TextField::Email, part.folded(), found)?;
        }
        if let Some(keyword) = &search.keyword {
            let finder = Finder::new(keyword.folded());
            let named = self.texts(TextField::Name, found.as_ref(), |texts| texts.containing(&finder))?;
            let mailed = self.texts(TextField::Email, found.as_ref(), |texts| texts.containing(&finder))?;
            join(found, named.or(mailed));
        }
        Ok(())
    }

    fn by_text(self, field: TextField, text: &str, found: &mut Option<Hits>) -> Result<(), StoreError> {
        let finder = Finder::new(text);
        let hits = self.texts(field, found.as_ref(), |texts| texts.containing(&finder))?;
        join(found, hits);
        Ok(())
    }

    fn with_contact(self, filter: &ContactFilter, within: Option<&Hits>) -> Result<Hits, StoreError> {
        match (&filter.text, filter.types) {
            (None, None) => self.numbers(Column::ContactTypes, within, |types| types != 0),
            (None, Some(wanted)) => {
                self.numbers(Column::ContactTypes, within, |types| types & i64::from(wanted.bits()) != 0)
            }
            (Some(text), None) => {
                let finders = Finders::of(text.folded());
                self.texts(TextField::Contacts, within, |texts| {
                    finders.iter().map(|finder| texts.containing(finder)).fold(Bits::default(), Bits::or)
                })
            }
            (Some(text), Some(wanted)) => {
                let finders = Finders::of(text.folded());
                self.texts(TextField::Contacts, within, |texts| {
                    let with =
                        |finder| texts.with_contact(finder, |contact_type| wanted.contains(contact_type));
                    finders.iter().map(with).fold(Bits::default(), Bits::or)
                })
            }
        }
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

/// Keeps those that are found by this filter too.
fn join(found: &mut Option<Hits>, hits: Hits) {
    *found = Some(match found.take() {
        Some(before) => before.and(&hits),
        None => hits,
    });
}

fn bounds(span: Span<Timestamp>) -> (i64, i64) {
    (span.from.map_or(i64::MIN, Timestamp::unix_seconds), span.to.map_or(i64::MAX, Timestamp::unix_seconds))
}

/// The flags that must be set, and those that must not.
fn flags(search: &CustomerSearch) -> (i64, i64) {
    let (mut set, mut unset) = (0, 0);
    let mut ask = |wanted: Option<bool>, flag: i64| match wanted {
        Some(true) => set |= flag,
        Some(false) => unset |= flag,
        None => {}
    };
    ask(search.tax_exempt, TAX_EXEMPT);
    ask(search.kind.map(|kind| kind == CustomerKind::Business), BUSINESS);
    match search.accept_marketing {
        Some(true) => set |= MARKETING,
        Some(false) => set |= NO_MARKETING,
        None => {}
    }
    (set, unset)
}
