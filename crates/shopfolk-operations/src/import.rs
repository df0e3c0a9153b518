//! Bringing customers from elsewhere into a store.

mod addresses;
mod contacts;
mod customer;
mod fields;
mod groups;
mod line;
mod meant;
mod memory;
mod outcome;
mod owners;
mod rehearsal;
mod rules;
mod said_before;
mod work;

use std::sync::{Arc, PoisonError, RwLock};

use shopfolk_model::{
    Actor, ExtraFieldKey, FieldChange, Happening, MAXIMUM_EXTRA_FIELDS, StoreId, Timestamp,
};
use shopfolk_store::{Engine, Length, Pace, ReadOperation, ReadTx, StoreError, WriteOperation, WriteTx};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs, NewRows};
use line::Line;
use memory::ImportMemory;
use rehearsal::Rehearsed;
pub(crate) use rehearsal::RehearsedKey;
use work::Work;

pub use customer::{ImportedCustomer, ImportedExtraField, ImportedGroup};
pub use outcome::{
    ImportConflict, ImportOutcome, Imported, ImportedPart, LeftOut, LeftOutReason, MatchedKey,
};
pub use rules::{ImportRules, Lists, MatchBy, Missing, Only, Unfit, WithoutEmail};

/// An import of customers into a store, portion by portion.
///
/// The same lines again change nothing: of several lines that mean the same customer the first one counts, and those behind
/// it add what is not known yet.
///
/// A dry run tells the same as the import would: it keeps in mind what would have been written. Its memory is bounded: a line
/// that means a customer from more than 10,000 customers before counts as a change, whether it would be one or not.
#[derive(Debug)]
pub struct CustomerImport {
    store: StoreId,
    asked: Asked,
    pace: Pace,
}

/// What portions of an import have in common.
#[derive(Debug, Clone)]
struct Asked {
    rules: Arc<ImportRules>,
    /// Keys that were drawn at random for the extra fields that are made.
    field_keys: Arc<[ExtraFieldKey]>,
    memory: SharedMemory,
}

impl Asked {
    fn new(rules: ImportRules, field_keys: impl IntoIterator<Item = ExtraFieldKey>) -> Self {
        let field_keys = field_keys.into_iter().collect();
        Self { rules: Arc::new(rules), field_keys, memory: SharedMemory::default() }
    }
}

impl CustomerImport {
    /// How many keys an import needs for the extra fields that it makes: as many as there can be, and some that are taken.
    pub const FIELD_KEYS: usize = 2 * MAXIMUM_EXTRA_FIELDS as usize;

    /// An import into this store. Of the keys that were drawn at random, [`Self::FIELD_KEYS`] are enough.
    pub fn new(
        store: StoreId,
        rules: ImportRules,
        field_keys: impl IntoIterator<Item = ExtraFieldKey>,
    ) -> Self {
        Self { store, asked: Asked::new(rules, field_keys), pace: Pace::default() }
    }

    /// Imports the next of these customers, from the one at the place `first` on, and answers what became of each. These are
    /// fewer than there are where a portion does not hold them all: the rest is for the next time. Where others write the
    /// same customers so fast that it always comes too late, portions are made smaller, down to one customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn portion<E: Engine>(
        &mut self,
        engine: &E,
        customers: &Arc<[ImportedCustomer]>,
        first: usize,
        now: Timestamp,
    ) -> Result<Vec<Imported>, OperationError> {
        let mut import = ImportCustomers {
            asked: self.asked.clone(),
            customers: Arc::clone(customers),
            first,
            most: self.pace.rows(),
            now,
        };
        if import.asks_for_owners() {
            let owners = owners::read(engine, self.store).await?;
            self.asked.memory.change(|memory| memory.know_owners(owners));
        }
        let imported = if self.asked.rules.dry_run {
            let rehearse = RehearseImport(import.clone());
            let (imported, rehearsed) = engine.read_for(self.store, Actor::Import, rehearse).await?;
            self.asked.memory.change(|memory| memory.rehearsal.take(rehearsed));
            imported
        } else {
            self.write(engine, &mut import).await?
        };
        import.remember(&imported);
        Ok(imported)
    }

    async fn write<E: Engine>(
        &mut self,
        engine: &E,
        import: &mut ImportCustomers,
    ) -> Result<Vec<Imported>, OperationError> {
        loop {
            match engine.write_portion(self.store, Actor::Import, import.clone(), &mut self.pace).await {
                Err(OperationError::Store(StoreError::Conflict { .. })) if self.pace.shrink() => {
                    import.most = self.pace.rows();
                }
                outcome => return outcome,
            }
        }
    }
}

/// What portions of an import share.
#[derive(Debug, Clone, Default)]
struct SharedMemory(Arc<RwLock<ImportMemory>>);

impl SharedMemory {
    fn read<T>(&self, read: impl FnOnce(&ImportMemory) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut ImportMemory) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Creates customers that the store does not have, and changes those that it has. One that breaks a rule is passed over.
///
/// It takes one portion, stops before a customer that it has met already, and answers for fewer than there are then: the rest
/// is for the next time.
#[derive(Debug, Clone)]
pub struct ImportCustomers {
    asked: Asked,
    /// The customers, in their order.
    customers: Arc<[ImportedCustomer]>,
    /// The first of them that is still to be imported.
    first: usize,
    /// How many of them a portion has at the most; what hangs on one counts too.
    most: usize,
    now: Timestamp,
}

impl WriteOperation for ImportCustomers {
    type Output = Vec<Imported>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut work = self.read(tx).await?;
        let (groups, fields) = work.missing();
        work.groups.give_ids(tx.take_ids(groups).await?);
        work.fields.give_ids(tx.take_ids(fields).await?);
        let new = self.asked.memory.read(|memory| work.plan(memory))?;
        work.portion.take_ids(tx, &new).await?;
        let imported = work.carry_out()?;
        let (groups, fields) = work.made();
        for group in &groups {
            tx.insert(std::slice::from_ref(group)).await?;
            tx.append(Happening::GroupCreated(group.id), self.now).await?;
        }
        for field in &fields {
            tx.insert(std::slice::from_ref(field)).await?;
            tx.append(Happening::ExtraFieldCreated(field.id), self.now).await?;
        }
        work.portion.write(tx, self.now).await?;
        Ok(imported)
    }
}

/// Does all of an import but the writing.
struct RehearseImport(ImportCustomers);

impl ReadOperation for RehearseImport {
    type Output = (Vec<Imported>, Rehearsed);
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let Self(import) = self;
        let mut work = import.read(tx).await?;
        let mut ids = import.asked.memory.read(|memory| memory.rehearsal.ids);
        let (groups, fields) = work.missing();
        work.groups.give_ids(ids.take(groups)?);
        work.fields.give_ids(ids.take(fields)?);
        let NewRows { customers, contacts, addresses } =
            import.asked.memory.read(|memory| work.plan(memory))?;
        work.portion.give_ids(ids.take(customers)?, ids.take(contacts)?, ids.take(addresses)?);
        let imported = work.carry_out()?;
        let (groups, fields) = work.made();
        Ok((imported, Rehearsed { ids, customers: work.portion.into_written(), groups, fields }))
    }
}

impl ImportCustomers {
    /// The first portion of an import of these customers, with the keys for the extra fields that it makes.
    pub fn new(
        rules: ImportRules,
        field_keys: impl IntoIterator<Item = ExtraFieldKey>,
        customers: Arc<[ImportedCustomer]>,
        now: Timestamp,
    ) -> Self {
        Self { asked: Asked::new(rules, field_keys), customers, first: 0, most: Pace::default().rows(), now }
    }

    /// Reads what the lines of the next portion need.
    async fn read<T: ReadTx>(&self, tx: &mut T) -> Result<Work<'_>, StoreError> {
        let lines = self.lines();
        let needs = self.asked.memory.read(|memory| {
            let mut needs = Needs { contacts: true, ..Needs::default() };
            for line in &lines {
                needs.import(line, &self.asked.rules, memory);
            }
            needs
        });
        let mut portion = CustomerPortion::read(tx, &needs).await?;
        self.asked.memory.read(|memory| portion.pretend_all(&lines, memory));
        let mut work = Work::begin(&self.asked.rules, lines, portion, &self.asked.field_keys, self.now);
        self.asked.memory.read(|memory| work.pretend_made(&memory.rehearsal));
        Ok(work)
    }

    /// The lines of the next portion: those that are no more than it may have, with what hangs on them; one at least.
    fn lines(&self) -> Vec<Line<'_>> {
        let customers = self.customers.get(self.first..).unwrap_or_default();
        let mut rows = 0;
        let fits = |imported: &&ImportedCustomer| {
            rows += imported.weight();
            rows <= self.most
        };
        let fitting = customers.iter().take_while(fits).count().max(1).min(customers.len());
        customers[..fitting].iter().map(Line::of).collect()
    }

    /// Whether it has to be known who has which contact.
    fn asks_for_owners(&self) -> bool {
        let is_without_key = |imported: &ImportedCustomer| !Line::of(imported).has_key();
        self.asked.rules.matches_by(MatchBy::Contact)
            && self.asked.memory.read(|memory| memory.owners().is_none())
            && self.customers.get(self.first..).unwrap_or_default().iter().any(is_without_key)
    }

    /// Keeps in mind what became of lines.
    fn remember(&self, imported: &[Imported]) {
        let customers = self.customers.get(self.first..).unwrap_or_default();
        self.asked.memory.change(|memory| {
            for (customer, imported) in customers.iter().zip(imported) {
                memory.take(&Line::of(customer), imported);
            }
        });
    }
}

impl Needs {
    /// Adds what importing a customer needs, who may be there or not.
    fn import(&mut self, line: &Line<'_>, rules: &ImportRules, memory: &ImportMemory) {
        let said = line.said;
        self.customers.extend(said.id.filter(|_| rules.matches_by(MatchBy::Id)));
        self.emails.extend(said.email.clone());
        self.references.extend(said.reference().cloned());
        self.all_groups |= matches!(said.group, FieldChange::Set(_));
        self.extra_fields |= !said.extra_fields.is_empty();
        let rehearsal = &memory.rehearsal;
        self.customers.extend(memory.candidates(line));
        self.customers.extend(rehearsal.of_line(line).map(|(id, ..)| id));
        self.customers.retain(|&id| !rehearsal.would_create(id));
    }
}

impl CustomerPortion {
    /// Has customers of whom lines are be as a dry run would have left them.
    fn pretend_all(&mut self, lines: &[Line<'_>], memory: &ImportMemory) {
        let rehearsal = &memory.rehearsal;
        if rehearsal.is_empty() {
            return;
        }
        let by_keys = lines.iter().flat_map(|line| rehearsal.of_line(line)).map(|(id, _)| id);
        let by_contacts = lines.iter().flat_map(|line| memory.candidates(line));
        let known: Vec<_> = self.ids().collect();
        for id in by_keys.chain(by_contacts).chain(known) {
            if let Some((customer, contacts)) = rehearsal.state(id) {
                self.pretend(customer, contacts);
            }
        }
        for (id, key) in lines.iter().flat_map(|line| rehearsal.of_line(line)) {
            if rehearsal.would_create(id) && rehearsal.state(id).is_none() {
                self.pretend_owner(id, key);
            }
        }
    }
}
