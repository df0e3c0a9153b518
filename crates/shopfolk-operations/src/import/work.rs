//! A portion of an import: what becomes of each line, first found out, then done.

use std::borrow::Cow;
use std::collections::HashSet;

use shopfolk_model::{
    ContactEntry, CustomerChange, CustomerDetails, CustomerGroup, CustomerId, EmailAddress, ExtraField,
    ExtraFieldEntry, ExtraFieldKey, FieldChange, GroupId, NewContact, NewCustomer, Timestamp,
};
use shopfolk_store::StoreError;

use super::addresses::{addresses_of_new, list_of_addresses};
use super::contacts::{contact_for_first_email, contacts_of_new, list_of_contacts};
use super::fields::Fields;
use super::groups::Groups;
use super::meant::Search;
use super::memory::{ContactOwners, ImportMemory};
use super::rehearsal::Rehearsal;
use super::said_before::{leave_known_contacts, leave_what_is_new};
use super::{
    ImportOutcome, ImportRules, Imported, ImportedPart, LeftOut, LeftOutReason, Line, Lists, Only, Unfit,
    WithoutEmail,
};
use crate::OperationError;
use crate::customer_portion::{CustomerPortion, ImportedChange, NewRows};

/// What becomes of a line.
#[derive(Debug)]
enum Plan {
    /// Nothing is written.
    Done(ImportOutcome),
    /// A customer is created, who came to be then.
    Create(Box<NewCustomer>, Timestamp),
    /// A customer is changed.
    Change(Box<ImportedChange>),
}

/// A portion of an import while it is worked on.
pub(super) struct Work<'a> {
    pub(super) rules: &'a ImportRules,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) portion: CustomerPortion,
    pub(super) groups: Groups,
    pub(super) fields: Fields<'a>,
    pub(super) now: Timestamp,
    plans: Vec<(Plan, Vec<LeftOut>)>,
}

impl<'a> Work<'a> {
    /// Begins with lines for which everything that is needed was read.
    pub(super) fn begin(
        rules: &'a ImportRules,
        lines: Vec<Line<'a>>,
        mut portion: CustomerPortion,
        keys: &'a [ExtraFieldKey],
        now: Timestamp,
    ) -> Self {
        let groups = Groups::of(portion.take_group_book());
        let fields = Fields::of(portion.take_extra_fields(), keys, now);
        Self { rules, lines, portion, groups, fields, now, plans: Vec::new() }
    }

    /// Has groups and extra fields be there that a dry run would have made.
    pub(super) fn pretend_made(&mut self, rehearsal: &Rehearsal) {
        self.groups.pretend(&rehearsal.groups);
        self.fields.pretend(&rehearsal.fields);
    }

    /// How many groups and extra fields may be made.
    pub(super) fn missing(&self) -> (usize, usize) {
        let said = || self.lines.iter().map(|line| line.said);
        (self.groups.missing(said(), self.rules), self.fields.missing(said(), self.rules))
    }

    /// Finds out what becomes of each line, up to the first one that says something of a customer whom an earlier line of the
    /// portion means or makes, and answers what ids that takes.
    pub(super) fn plan(&mut self, memory: &ImportMemory) -> Result<NewRows, StoreError> {
        let lines = std::mem::take(&mut self.lines);
        let mut met = Met::default();
        for line in &lines {
            if met.has(line) {
                break;
            }
            let search = Search { rules: self.rules, portion: &self.portion, memory };
            let meant = search.meant(line);
            if let Ok(Some(id)) = meant
                && !met.customers.insert(id)
            {
                break;
            }
            let mut left_out = Vec::new();
            let plan = match meant {
                Err(conflict) => Plan::Done(ImportOutcome::Conflict(conflict)),
                Ok(None) if self.rules.only == Some(Only::Update) => Plan::Done(ImportOutcome::PassedOver),
                Ok(Some(_)) if self.rules.only == Some(Only::Create) => Plan::Done(ImportOutcome::PassedOver),
                Ok(None) => refused(self.creation(line, memory, &mut left_out))?,
                Ok(Some(id)) => refused(self.change(line, id, memory, &mut left_out))?,
            };
            let is_whole = left_out.is_empty() || self.rules.unfit == Unfit::LeaveOut;
            let plan = match plan {
                Plan::Done(ImportOutcome::Refused(_)) => plan,
                _ if !is_whole => Plan::Done(ImportOutcome::Unfit),
                plan => plan,
            };
            met.take(line);
            self.plans.push((plan, left_out));
        }
        let mut new = NewRows::default();
        for (plan, _) in &self.plans {
            match plan {
                Plan::Done(_) => {}
                Plan::Create(customer, _) => new.create(customer),
                Plan::Change(imported) => {
                    new.contacts += new_contacts(&imported.change);
                    new.addresses += imported.change.new_addresses();
                }
            }
        }
        self.portion.know(self.groups.new_ids(), self.fields.book.clone());
        Ok(new)
    }

    /// Does what was found out, but for the writing.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn carry_out(&mut self) -> Result<Vec<Imported>, StoreError> {
        let plans = std::mem::take(&mut self.plans);
        let mut all = Vec::with_capacity(plans.len());
        for (plan, left_out) in plans {
            let done = match plan {
                Plan::Done(outcome) => Ok(outcome),
                Plan::Create(new, registered) => {
                    self.portion.create(&new, registered, self.now).map(ImportOutcome::Created)
                }
                Plan::Change(change) => {
                    self.portion.import(&change, self.now).map(|()| ImportOutcome::Updated(change.customer))
                }
            };
            // Every rule is asked before anything is written, so one that is refused leaves nothing behind.
            let outcome = match refusal(done)? {
                Ok(outcome) => outcome,
                Err(refused) => ImportOutcome::Refused(refused),
            };
            all.push(Imported { outcome, left_out });
        }
        Ok(all)
    }

    /// The groups and extra fields that were made and that somebody has.
    pub(super) fn made(&self) -> (Vec<CustomerGroup>, Vec<ExtraField>) {
        if self.groups.made().is_empty() && self.fields.made().is_empty() {
            return (Vec::new(), Vec::new());
        }
        let (groups, fields) = self.portion.named();
        let made_groups = self.groups.made().iter().filter(|group| groups.contains(&group.id)).cloned();
        let made_fields = self.fields.made().iter().filter(|field| fields.contains(&field.id)).cloned();
        (made_groups.collect(), made_fields.collect())
    }

    fn creation(
        &mut self,
        line: &Line<'_>,
        memory: &ImportMemory,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Plan, OperationError> {
        let said = line.said;
        if !line.has_key() && memory.owners().is_some_and(ContactOwners::are_too_many) {
            return Err(OperationError::TooManyContactsToMatch);
        }
        if said.email.is_none() && self.rules.without_email == WithoutEmail::Reject {
            return Err(OperationError::EmailMissing);
        }
        if said.email.is_none() && line.contacts().is_empty() {
            return Err(OperationError::Unreachable);
        }
        let contacts = contacts_of_new(said.email.as_ref(), line.contacts(), left_out);
        let new = NewCustomer {
            email: said.email.clone(),
            name: said.name.clone().apply(None),
            details: CustomerDetails::default().changed(said.details.clone()),
            addresses: addresses_of_new(said.addresses.as_deref().unwrap_or_default(), left_out),
            contacts,
            group: self.group(line, left_out).unwrap_or(GroupId::GENERAL),
            extra_fields: self.extra_fields(line, left_out),
        };
        Ok(Plan::Create(Box::new(new), said.registered.unwrap_or(self.now)))
    }

    fn change(
        &mut self,
        line: &Line<'_>,
        id: CustomerId,
        memory: &ImportMemory,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Plan, OperationError> {
        if self.portion.customer(id).is_none() {
            // In a dry run it may be one of whom nothing else is kept in mind.
            let forgotten = memory.rehearsal.would_create(id).then_some(ImportOutcome::Updated(id));
            return forgotten.map(Plan::Done).ok_or_else(|| self.portion.missing(id));
        }
        let said_before = memory.was_told(id);
        let group = self.group(line, left_out);
        let extra_fields = self.extra_fields(line, left_out);
        let said = line.said;
        let lists = if said_before { Lists::Add } else { line.lists(self.rules.lists) };
        let Some(before) = self.portion.customer(id) else { return Err(self.portion.missing(id)) };
        let addresses = said.addresses.as_ref().map(|addresses| {
            let known = before.addresses.addresses();
            list_of_addresses(known, addresses, lists, self.rules.same_store, left_out)
        });
        let mut change = CustomerChange {
            email: said.email.clone(),
            name: said.name.clone(),
            details: said.details.clone(),
            addresses,
            contacts: None,
            primary_phone: None,
            group,
            extra_fields,
        };
        let mut registered = said.registered.filter(|time| *time != before.registered);
        let mut says_else = said_before && registered.take().is_some();
        if said_before {
            says_else |= leave_what_is_new(before, &self.fields.book, &mut change, memory.fills());
        }
        let (book, follows) = self.portion.contacts_following(id, change.email.as_ref())?;
        let own = change.email.as_ref().or(before.email.as_ref());
        let first = own.filter(|email| book.lacks_email(before.email.as_ref(), email));
        let first = first.and_then(|email| contact_for_first_email(email, &book, line.contacts()));
        if line.contacts.is_some() || first.is_some() {
            let lists = if line.contacts.is_some() { lists } else { Lists::Add };
            let all: Cow<'_, [NewContact]> = match first {
                Some(first) => line.contacts().iter().cloned().chain([first]).collect(),
                None => Cow::Borrowed(line.contacts()),
            };
            change.contacts = list_of_contacts(&book, own, &all, lists, left_out);
        }
        if said_before {
            leave_known_contacts(&book, &mut change);
        }
        if said_before && self.rules.lists == Lists::Replace {
            // The lists are what the first line says.
            says_else |= change.new_addresses() + new_contacts(&change) > 0;
            (change.addresses, change.contacts) = (None, None);
        }
        if says_else {
            left_out.push(LeftOut { part: ImportedPart::Fields, reason: LeftOutReason::SaidBefore });
        }
        let lists_stay = change.new_addresses() == 0 && new_contacts(&change) == 0;
        if registered.is_none() && follows.is_none() && lists_stay {
            let mut contacts = book.clone();
            if let Some(entries) = &change.contacts {
                contacts.replace_all(entries, [], self.now)?;
            }
            let mut after = before.changed(&change, [], before.updated)?;
            after.extra_fields = self.fields.book.set(after.extra_fields, &change.extra_fields)?;
            after.updated = before.updated;
            if after == *before && contacts == book {
                return Ok(Plan::Done(ImportOutcome::Unchanged(id)));
            }
        }
        Ok(Plan::Change(Box::new(ImportedChange { customer: id, registered, change })))
    }

    /// The group that a line means, where it can be had.
    fn group(&mut self, line: &Line<'_>, left_out: &mut Vec<LeftOut>) -> Option<GroupId> {
        match &line.said.group {
            FieldChange::Keep => None,
            FieldChange::Clear => Some(GroupId::GENERAL),
            FieldChange::Set(group) => match self.groups.meant(group, self.rules) {
                Ok(id) => id,
                Err(reason) => {
                    left_out.push(LeftOut { part: ImportedPart::Group, reason });
                    None
                }
            },
        }
    }

    /// The values of extra fields that a line says, as far as they can be had.
    fn extra_fields(&mut self, line: &Line<'_>, left_out: &mut Vec<LeftOut>) -> Vec<ExtraFieldEntry> {
        let mut entries = Vec::with_capacity(line.said.extra_fields.len());
        for (place, said) in line.said.extra_fields.iter().enumerate() {
            match self.fields.meant(said, self.rules) {
                Ok(entry) => entries.extend(entry),
                Err(reason) => left_out.push(LeftOut { part: ImportedPart::ExtraField(place), reason }),
            }
        }
        entries
    }
}

fn new_contacts(change: &CustomerChange) -> usize {
    change.contacts.iter().flatten().filter(|entry| matches!(entry, ContactEntry::New(_))).count()
}

/// What the lines of a portion say something of. A line that says something of the same waits for the next portion.
#[derive(Default)]
struct Met {
    customers: HashSet<CustomerId>,
    emails: HashSet<String>,
    references: HashSet<String>,
    contacts: HashSet<String>,
}

impl Met {
    fn has(&self, line: &Line<'_>) -> bool {
        let said = line.said;
        said.email.as_ref().is_some_and(|email| self.emails.contains(&email.key()))
            || said.reference().is_some_and(|reference| self.references.contains(reference.as_str()))
            || (!line.has_key() && contact_keys(line).any(|key| self.contacts.contains(key)))
    }

    fn take(&mut self, line: &Line<'_>) {
        self.emails.extend(line.said.email.as_ref().map(EmailAddress::key));
        self.references.extend(line.said.reference().map(|reference| reference.as_str().to_owned()));
        self.contacts.extend(contact_keys(line).map(str::to_owned));
    }
}

/// The keys of contacts, whatever their types: that a line waits too often does no harm.
fn contact_keys<'a>(line: &'a Line<'_>) -> impl Iterator<Item = &'a str> {
    line.contacts().iter().map(|contact| contact.address.key().as_str())
}

/// A plan, or that the line is refused.
fn refused(plan: Result<Plan, OperationError>) -> Result<Plan, StoreError> {
    Ok(refusal(plan)?.unwrap_or_else(|refused| Plan::Done(ImportOutcome::Refused(refused))))
}

/// Parts what refuses a line from what ends the portion.
fn refusal<T>(done: Result<T, OperationError>) -> Result<Result<T, OperationError>, StoreError> {
    match done {
        Err(OperationError::Store(error)) if !matches!(error, StoreError::Damaged(_)) => Err(error),
        done => Ok(done),
    }
}
