//! Making those who are found fewer, filter by filter.

use std::collections::BTreeSet;

use memchr::memmem::Finder;
use shopfolk_model::{
    ContactFilter, CountryCode, CustomerKind, GroupId, LanguageCode, PhoneDigits, SearchText, Span, Timestamp,
};
use shopfolk_store::StoreError;

use super::bits::Bits;
use super::blocks::Blocks;
use super::field::{BUSINESS, Column, MARKETING, NO_MARKETING, TAX_EXEMPT, TextField};
use super::hits::{BlockHits, Hits};
use super::late::{Late, LateUpdate};
use super::links::Finders;

/// Those whom the filters so far have found, which every other filter makes fewer.
pub(super) struct Narrowing<'a> {
    pub(super) blocks: Blocks<'a>,
    /// `None` is everybody.
    pub(super) hits: Option<Hits>,
}

impl Narrowing<'_> {
    /// Keeps those that are found by this filter too.
    pub(super) fn keep(&mut self, hits: Hits) {
        self.hits = Some(match self.hits.take() {
            Some(before) => before.and(&hits),
            None => hits,
        });
    }

    pub(super) fn by_update(
        &mut self,
        span: Span<Timestamp>,
        late_updates: &[LateUpdate],
    ) -> Result<(), StoreError> {
        if span.is_everything() {
            return Ok(());
        }
        let (low, high) = bounds(span, Timestamp::unix_seconds);
        let mut hits = self.blocks.numbers_between(Column::Updated, low, high, |_| true)?;
        let mut late = Vec::new();
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
        self.keep(hits.or(Hits::of(late)));
        Ok(())
    }

    pub(super) fn by_span<T>(
        &mut self,
        column: Column,
        span: Span<T>,
        number: impl Fn(T) -> i64,
    ) -> Result<(), StoreError> {
        if span.from.is_none() && span.to.is_none() {
            return Ok(());
        }
        let (low, high) = bounds(span, number);
        let hits = self.blocks.numbers_between(column, low, high, |_| true)?;
        self.keep(hits);
        Ok(())
    }

    pub(super) fn by_group(&mut self, groups: Option<&BTreeSet<GroupId>>) -> Result<(), StoreError> {
        let Some(groups) = groups else { return Ok(()) };
        let ids: Vec<i64> = groups.iter().map(|group| group.get()).collect();
        let (low, high) = (ids.first().copied().unwrap_or(1), ids.last().copied().unwrap_or(0));
        let among = |group| ids.binary_search(&group).is_ok();
        let hits = self.blocks.numbers_between(Column::Group, low, high, among)?;
        self.keep(hits);
        Ok(())
    }

    pub(super) fn by_flags(
        &mut self,
        tax_exempt: Option<bool>,
        kind: Option<CustomerKind>,
        accept_marketing: Option<bool>,
    ) -> Result<(), StoreError> {
        let (mut set, mut unset) = (0, 0);
        for (wanted, flag) in
            [(tax_exempt, TAX_EXEMPT), (kind.map(|kind| kind == CustomerKind::Business), BUSINESS)]
        {
            match wanted {
                Some(true) => set |= flag,
                Some(false) => unset |= flag,
                None => {}
            }
        }
        // Who said nothing of marketing has neither flag.
        set |= accept_marketing.map_or(0, |accepts| if accepts { MARKETING } else { NO_MARKETING });
        if set | unset != 0 {
            let fits = |flags: i64| flags & set == set && flags & unset == 0;
            let hits = self.blocks.numbers(Column::Flags, self.hits.as_ref(), fits)?;
            self.keep(hits);
        }
        Ok(())
    }

    pub(super) fn by_country(&mut self, countries: Option<&BTreeSet<CountryCode>>) -> Result<(), StoreError> {
        let Some(countries) = countries else { return Ok(()) };
        let hits = self.blocks.texts(TextField::Countries, self.hits.as_ref(), |texts| {
            texts.with_part(|part| countries.iter().any(|country| country.as_str().as_bytes() == part))
        })?;
        self.keep(hits);
        Ok(())
    }

    pub(super) fn by_language(&mut self, language: Option<&LanguageCode>) -> Result<(), StoreError> {
        let Some(key) = language.map(LanguageCode::key) else { return Ok(()) };
        let hits = self.blocks.texts(TextField::Language, self.hits.as_ref(), |texts| {
            texts.with_part(|part| part == key.as_bytes())
        })?;
        self.keep(hits);
        Ok(())
    }

    pub(super) fn by_part(&mut self, field: TextField, part: Option<&SearchText>) -> Result<(), StoreError> {
        let Some(part) = part else { return Ok(()) };
        let hits = self.containing(field, part.key())?;
        self.keep(hits);
        Ok(())
    }

    pub(super) fn by_keyword(&mut self, keyword: Option<&SearchText>) -> Result<(), StoreError> {
        let Some(keyword) = keyword else { return Ok(()) };
        let named = self.containing(TextField::Name, keyword.key())?;
        let mailed = self.containing(TextField::Email, keyword.key())?;
        self.keep(named.or(mailed));
        Ok(())
    }

    /// Keeps those with this phone number, those among them to whose contacts it was `added`.
    pub(super) fn by_phone(&mut self, phone: Option<&PhoneDigits>, added: &[Late]) -> Result<(), StoreError> {
        let Some(phone) = phone else { return Ok(()) };
        let hits = self.containing(TextField::Phones, phone.as_str())?;
        self.keep(hits.or(self.blocks.late(added)?));
        Ok(())
    }

    /// Keeps those with such a contact, those among them to whom it was `added`.
    pub(super) fn by_contact(
        &mut self,
        filter: Option<&ContactFilter>,
        added: &[Late],
    ) -> Result<(), StoreError> {
        let Some(filter) = filter else { return Ok(()) };
        let hits = self.blocks.with_contact(filter, self.hits.as_ref())?;
        self.keep(hits.or(self.blocks.late(added)?));
        Ok(())
    }

    /// Of those found so far, those with this in a text.
    fn containing(&self, field: TextField, text: &str) -> Result<Hits, StoreError> {
        let finder = Finder::new(text);
        self.blocks.texts(field, self.hits.as_ref(), |texts| texts.containing(&finder))
    }
}

impl Blocks<'_> {
    fn with_contact(self, filter: &ContactFilter, within: Option<&Hits>) -> Result<Hits, StoreError> {
        match (&filter.text, filter.types) {
            (None, None) => self.numbers(Column::ContactTypes, within, |types| types != 0),
            (None, Some(wanted)) => {
                self.numbers(Column::ContactTypes, within, |types| types & i64::from(wanted.bits()) != 0)
            }
            (Some(text), None) => {
                let finders = Finders::of(text.key());
                self.texts(TextField::Contacts, within, |texts| {
                    finders.iter().map(|finder| texts.containing(finder)).fold(Bits::default(), Bits::or)
                })
            }
            (Some(text), Some(wanted)) => {
                let finders = Finders::of(text.key());
                self.texts(TextField::Contacts, within, |texts| {
                    let with =
                        |finder| texts.with_contact(finder, |contact_type| wanted.contains(contact_type));
                    finders.iter().map(with).fold(Bits::default(), Bits::or)
                })
            }
        }
    }
}

/// The least and the greatest number in a span.
fn bounds<T>(span: Span<T>, number: impl Fn(T) -> i64) -> (i64, i64) {
    (span.from.map_or(i64::MIN, &number), span.to.map_or(i64::MAX, &number))
}
