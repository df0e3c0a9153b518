//! Reading what a portion needs.

use shopfolk_model::{
    Customer, CustomerGroup, CustomerId, EmailAddress, ExtraField, ExtraFieldBook, GroupBook, GroupId,
    MAXIMUM_EXTRA_FIELDS, MAXIMUM_GROUPS,
};
use shopfolk_store::{
    CUSTOMERS_BY_EMAIL, CUSTOMERS_BY_EXTERNAL_REFERENCE, CustomerRow, Damage, Query, ReadTx, Record,
    StoreError, Stored, StoredDetails, Which, WriteTx, look_up_customers,
};

use super::{CustomerPortion, Known, Needs};

impl CustomerPortion {
    /// Reads what is needed, and takes the ids of what changes of customers may create.
    pub(crate) async fn load<T: WriteTx>(tx: &mut T, needs: &Needs) -> Result<Self, StoreError> {
        let mut portion = Self::read(tx, needs).await?;
        portion.take_ids(tx, &needs.new).await?;
        Ok(portion)
    }

    /// Reads what is needed. A writer locks the customers that are named, or have one of the references or addresses.
    pub(crate) async fn read<T: ReadTx>(tx: &mut T, needs: &Needs) -> Result<Self, StoreError> {
        let mut portion = Self::default();
        portion.look_up(tx, needs).await?;
        let mut ids: Vec<CustomerId> = needs.customers.clone();
        ids.extend(portion.emails.values().chain(portion.references.values()));
        ids.sort_unstable();
        ids.dedup();
        portion.load_customers(tx, &ids, needs.contacts).await?;
        portion.forget_former_owners();
        Ok(portion)
    }

    /// Whoever had an address or a reference before it was locked may be gone or have another one by now. That somebody
    /// else has it by now is what the database says when it is written.
    pub(super) fn forget_former_owners(&mut self) {
        let Self { known, damaged, emails, references, .. } = self;
        let has = |id: &CustomerId, is_its: &dyn Fn(&Customer) -> bool| {
            damaged.contains_key(id) || known.get(id).is_some_and(|known| is_its(&known.before))
        };
        emails.retain(|key, id| {
            has(id, &|customer| customer.email.as_ref().is_some_and(|email| email.key() == *key))
        });
        references
            .retain(|reference, id| has(id, &|it| it.details.external_reference.as_ref() == Some(reference)));
    }

    /// Reads who has the addresses and references, and what groups and extra fields there are.
    async fn look_up<T: ReadTx>(&mut self, tx: &mut T, needs: &Needs) -> Result<(), StoreError> {
        let emails: Vec<_> = needs.emails.iter().map(|email| vec![email.key().into()]).collect();
        let references: Vec<_> =
            needs.references.iter().map(|reference| vec![reference.as_str().into()]).collect();
        let mut wanted: Vec<_> = needs.groups.iter().copied().filter(|&id| id != GroupId::GENERAL).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted: Vec<_> = wanted.into_iter().map(|id| (id,)).collect();
        let mut queries = Vec::new();
        if !emails.is_empty() {
            let which = Which::Unique(&CUSTOMERS_BY_EMAIL, emails);
            queries.push(Query { table: CustomerRow::TABLE, which });
        }
        if !references.is_empty() {
            let which = Which::Unique(&CUSTOMERS_BY_EXTERNAL_REFERENCE, references);
            queries.push(Query { table: StoredDetails::TABLE, which });
        }
        if needs.all_groups {
            let which = Which::After(None, MAXIMUM_GROUPS);
            queries.push(Query { table: CustomerGroup::TABLE, which });
        } else if !wanted.is_empty() {
            queries.push(Query::keys::<CustomerGroup>(&wanted));
        }
        if needs.extra_fields {
            let which = Which::After(None, MAXIMUM_EXTRA_FIELDS);
            queries.push(Query { table: ExtraField::TABLE, which });
        }
        if queries.is_empty() {
            return Ok(());
        }
        let mut damaged: Option<Damage> = None;
        let mut owner_is_damaged = false;
        let (mut groups, mut fields) = (Vec::new(), Vec::new());
        tx.read(&queries, &mut |_, row| {
            let read = match row.table.name {
                name if name == CustomerRow::TABLE.name => {
                    match row.decode::<CustomerRow>() {
                        Ok(customer) => {
                            self.emails.extend(customer.email.map(|email| (email.key(), customer.id)));
                        }
                        Err(_) => owner_is_damaged = true,
                    }
                    Ok(())
                }
                name if name == StoredDetails::TABLE.name => {
                    match row.decode::<StoredDetails>() {
                        Ok(StoredDetails { customer, details, .. }) => self
                            .references
                            .extend(details.external_reference.map(|reference| (reference, customer))),
                        Err(_) => owner_is_damaged = true,
                    }
                    Ok(())
                }
                name if name == CustomerGroup::TABLE.name => {
                    row.decode::<CustomerGroup>().map(|group| groups.push(group))
                }
                _ => row.decode::<ExtraField>().map(|field| fields.push(field)),
            };
            damaged = damaged.take().or(read.err());
        })
        .await?;
        self.groups = groups.iter().map(|group| group.id).collect();
        self.group_book = GroupBook::whole(groups);
        self.extra_fields = ExtraFieldBook::whole(fields);
        if let Some(damage) = damaged {
            return Err(damage.into());
        }
        if owner_is_damaged { self.look_up_owners(tx, needs).await } else { Ok(()) }
    }

    /// Reads who has each of the addresses and references, one by one, because a row that cannot be read may not say which
    /// of them it was found by.
    async fn look_up_owners<T: ReadTx>(&mut self, tx: &mut T, needs: &Needs) -> Result<(), StoreError> {
        let emails: Vec<String> = needs.emails.iter().map(EmailAddress::key).collect();
        let by_email = emails.iter().map(|key| Query {
            table: CustomerRow::TABLE,
            which: Which::Unique(&CUSTOMERS_BY_EMAIL, vec![vec![key.as_str().into()]]),
        });
        let by_reference = needs.references.iter().map(|reference| Query {
            table: StoredDetails::TABLE,
            which: Which::Unique(&CUSTOMERS_BY_EXTERNAL_REFERENCE, vec![vec![reference.as_str().into()]]),
        });
        let queries: Vec<_> = by_email.chain(by_reference).collect();
        let mut lost: Option<Damage> = None;
        tx.read(&queries, &mut |number, row| {
            // Every row begins with the customer's id.
            let id = match row.columns.value(0).and_then(CustomerId::load) {
                Ok(id) => id,
                Err(reason) => {
                    lost.get_or_insert_with(|| row.damage(row.table.columns[0].name, reason));
                    return;
                }
            };
            match number.checked_sub(emails.len()) {
                None => self.emails.insert(emails[number].clone(), id),
                Some(number) => self.references.insert(needs.references[number].clone(), id),
            };
        })
        .await?;
        lost.map_or(Ok(()), |damage| Err(damage.into()))
    }

    async fn load_customers<T: ReadTx>(
        &mut self,
        tx: &mut T,
        ids: &[CustomerId],
        contacts: bool,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let (customers, mut books) = look_up_customers(tx, ids, if contacts { ids } else { &[] }).await?;
        for (id, customer) in customers {
            let read = customer.and_then(|customer| {
                let book = contacts.then(|| books.remove(&id).unwrap_or_default().whole());
                Ok((customer, book.transpose()?))
            });
            let (before, contacts) = match read {
                Ok(read) => read,
                Err(damage) => {
                    self.damaged.insert(id, damage);
                    continue;
                }
            };
            let known = Known::of(before, contacts);
            self.known.insert(known.before.id, known);
        }
        Ok(())
    }
}
