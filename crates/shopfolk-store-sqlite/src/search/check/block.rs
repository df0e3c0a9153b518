//! Comparing one block with what packing the rows of its customers would give.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use futures_util::FutureExt;
use rusqlite::OptionalExtension;
use shopfolk_model::{Contact, ContactBook, CustomerId, SearchedCustomer};
use shopfolk_store::{StoreError, get_customer};

use super::StoreCheck;
use crate::connection::doing;
use crate::search::bits::MOST_CUSTOMERS;
use crate::search::block::{Numbers, Texts, pack_numbers, pack_texts};
use crate::search::field::{Column, PART_END, TextField};

/// One field of a block, as its row says.
struct FieldRow {
    customers: i64,
    range: Option<(i64, i64)>,
    data: Vec<u8>,
}

/// A customer of a block, as the block has to know it.
struct Member {
    customer: SearchedCustomer,
    /// Whether contacts were added of which the block does not know, and with them when the customer was updated.
    is_late: bool,
}

/// Those of a block, by id; `None` for those whom searches look at where they lie, or who cannot be compared.
struct Members {
    ids: Vec<i64>,
    next_contacts: Vec<i64>,
    known: Vec<Option<Member>>,
}

impl StoreCheck<'_> {
    /// Verifies the block into which customers with these ids belong, and answers the ids of those in it.
    pub(super) fn check_block(&mut self, range: Range<i64>) -> Result<Vec<i64>, StoreError> {
        let first = range.start;
        let ids = self.numbers(Column::CustomerId, first, None)?;
        let belong =
            |ids: &[i64]| ids.is_sorted_by(|one, next| one < next) && ids.iter().all(|id| range.contains(id));
        let Some(ids) = ids.filter(|ids| belong(ids)) else {
            (self.found)(format!("the search block from customer {first} on does not say whose it is"));
            return Ok(Vec::new());
        };
        let Some(next_contacts) = self.numbers(Column::NextContactId, first, Some(ids.len()))? else {
            (self.found)(format!(
                "the search block from customer {first} on does not say which contacts it has"
            ));
            return Ok(ids);
        };
        let mut known = Vec::with_capacity(ids.len());
        for (&id, &next) in ids.iter().zip(&next_contacts) {
            known.push(self.member(id, next)?);
        }
        let members = Members { ids, next_contacts, known };
        for field in TextField::ALL {
            let row = self.field_row(field as u8, first)?;
            if !row.is_some_and(|row| members.texts_are_right(field, &row)) {
                (self.found)(format!("the search block from customer {first} on is wrong about {field:?}"));
            }
        }
        for column in Column::ALL {
            let row = self.field_row(column as u8, first)?;
            if !row.is_some_and(|row| members.numbers_are_right(column, &row)) {
                (self.found)(format!("the search block from customer {first} on is wrong about {column:?}"));
            }
        }
        Ok(members.ids)
    }

    fn field_row(&self, field: u8, first: i64) -> Result<Option<FieldRow>, StoreError> {
        self.tx
            .connection
            .prepare_cached(
                "SELECT customers, low, high, data
                   FROM search_blocks
                  WHERE store_id = ?1 AND field = ?2 AND first_customer_id = ?3",
            )
            .and_then(|mut statement| {
                let row = |row: &rusqlite::Row<'_>| {
                    let (low, high): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
                    // Half a range is none that there can be.
                    let range = if low.is_some() || high.is_some() {
                        Some((low.unwrap_or(i64::MAX), high.unwrap_or(i64::MIN)))
                    } else {
                        None
                    };
                    Ok(FieldRow { customers: row.get(0)?, range, data: row.get(3)? })
                };
                statement.query_row((self.tx.store.get(), field, first), row).optional()
            })
            .map_err(doing("check a search block"))
    }

    /// The numbers of a block, of as many customers as there are where that is known.
    fn numbers(
        &self,
        column: Column,
        first: i64,
        count: Option<usize>,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        let row = self.field_row(column as u8, first)?;
        Ok(row
            .and_then(|row| row.numbers())
            .filter(|numbers| count.is_none_or(|count| numbers.len() == count)))
    }

    /// The customer with this id of a block that knows its contacts with ids below `next`.
    fn member(&mut self, id: i64, next: i64) -> Result<Option<Member>, StoreError> {
        if next > self.next_contact {
            (self.found)(format!("searches take contacts of customer {id} for packed that do not exist yet"));
        }
        if self.is_changed(id) {
            return Ok(None);
        }
        let Ok(customer_id) = CustomerId::new(id) else { return Ok(None) };
        let customer = match get_customer(&mut self.tx, customer_id).now_or_never() {
            // Told of by itself.
            Some(Err(StoreError::Damaged(_))) => return Ok(None),
            // Nothing in this engine waits for anything else.
            ready => ready.transpose()?.flatten(),
        };
        let Some(customer) = customer else {
            (self.found)(format!("searches find customer {id}, who is not there"));
            return Ok(None);
        };
        let found = self.tx.contacts_now(customer_id)?.unwrap_or_default();
        if !found.damaged.is_empty() {
            return Ok(None);
        }
        let updated = customer.updated.unix_seconds();
        let is_late = self.check_late(id, next, updated, &found.contacts);
        let book = ContactBook::whole(found.contacts);
        let packed =
            book.contacts().iter().map(AsRef::as_ref).filter(|contact: &&Contact| contact.id.get() < next);
        let customer = SearchedCustomer::with_contacts(&customer, packed);
        Ok(Some(Member { customer, is_late }))
    }

    /// Whether contacts of a customer are not packed, which all have to be among the added ones.
    fn check_late(&mut self, id: i64, next: i64, updated: i64, contacts: &[Arc<Contact>]) -> bool {
        let mut unpacked: Vec<&Contact> = contacts
            .iter()
            .map(AsRef::as_ref)
            .filter(|contact: &&Contact| contact.id.get() >= next)
            .collect();
        unpacked.sort_unstable_by_key(|contact| contact.id);
        let late = self.late.of(id, next);
        let same = late.len() == unpacked.len()
            && late.iter().zip(&unpacked).all(|(late, contact)| late.is(contact))
            && late.last().is_none_or(|last| last.updated == updated);
        if !same {
            (self.found)(format!(
                "searches know the contacts that were added to customer {id} as they are not"
            ));
        }
        !unpacked.is_empty()
    }
}

impl FieldRow {
    fn count(&self) -> Option<usize> {
        usize::try_from(self.customers).ok().filter(|count| (1..=MOST_CUSTOMERS).contains(count))
    }

    fn numbers(&self) -> Option<Vec<i64>> {
        let (low, _) = self.range?;
        let numbers = Numbers::unpack(self.count()?, low, &self.data).ok()?;
        Some(numbers.iter().collect())
    }
}

impl Members {
    fn texts_are_right(&self, field: TextField, row: &FieldRow) -> bool {
        let count = self.ids.len();
        if row.count() != Some(count) || row.range.is_some() {
            return false;
        }
        let Ok(packed) = Texts::unpack(count, &row.data) else { return false };
        let text = |(place, member): (usize, &'_ Option<Member>)| -> Cow<'_, [u8]> {
            let is = packed.get(place);
            match member {
                Some(member) if !same_parts(&field.text(&member.customer), is) => {
                    field.text(&member.customer).into_owned().into()
                }
                _ => is.to_vec().into(),
            }
        };
        let texts: Vec<Cow<'_, [u8]>> = self.known.iter().enumerate().map(text).collect();
        pack_texts(&texts) == row.data
    }

    fn numbers_are_right(&self, column: Column, row: &FieldRow) -> bool {
        let Some(packed) = row.numbers().filter(|numbers| numbers.len() == self.ids.len()) else {
            return false;
        };
        let number = |(place, &is): (usize, &i64)| match &self.known[place] {
            Some(member) if !(member.is_late && column == Column::Updated) => {
                column.number(&member.customer, self.next_contacts[place])
            }
            _ => is,
        };
        let numbers: Vec<i64> = packed.iter().enumerate().map(number).collect();
        let range = numbers.iter().min().copied().zip(numbers.iter().max().copied());
        row.range == range && pack_numbers(&numbers) == row.data
    }
}

/// Whether two texts have the same parts: in which order they were packed makes no difference to a search.
fn same_parts(one: &[u8], other: &[u8]) -> bool {
    let sorted = |text: &[u8]| {
        let mut parts: Vec<Vec<u8>> = text.split(|&byte| byte == PART_END).map(<[u8]>::to_vec).collect();
        parts.sort_unstable();
        parts
    };
    one == other || sorted(one) == sorted(other)
}
