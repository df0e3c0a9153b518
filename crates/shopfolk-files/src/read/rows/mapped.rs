//! What a row says, by what its columns are taken for.

use std::borrow::Cow;

use csv::StringRecord;
use shopfolk_api::{CustomerField, Empty, FieldKind, Said, SaidContact, SaidCustomer, shorten};
use shopfolk_model::ContactType;

use crate::apostrophe::read_cell;
use crate::dialect::Target;
use crate::plan::{TablePlan, TakenColumn};
use crate::read::item::{Filed, Problem, ReadRules};
use crate::values;

/// What parts several e-mail addresses in a cell, where nothing else is said.
const BETWEEN_ADDRESSES: [&str; 3] = [";", ",", " "];

/// The customer of a row, and of those that go on with it.
pub(super) fn customer(
    plan: &TablePlan,
    rows: &[StringRecord],
    rules: &ReadRules,
) -> Result<Filed, Vec<Problem>> {
    let mut row = Row { said: SaidCustomer::default(), left_out: Vec::new(), rules, plan };
    for (number, cells) in rows.iter().enumerate() {
        for column in &plan.taken {
            let cell = cells.get(column.place).unwrap_or_default();
            // A row that goes on may say again who it goes on with.
            if number == 0 || rows[0].get(column.place) != Some(cell) {
                row.take(column, read_cell(cell), number);
            } else {
                row.take_listed(column, read_cell(cell), number);
            }
        }
    }
    for (target, value) in &plan.constants {
        row.constant(target, value);
    }
    let Row { said, left_out, .. } = row;
    // A field is named by its column, where it has one.
    let named = |field: &str| plan.columns_for(field).next().unwrap_or(field).to_owned();
    rules.filed(said.read(rules.empty), left_out, named)
}

struct Row<'a> {
    said: SaidCustomer<'a>,
    left_out: Vec<Problem>,
    rules: &'a ReadRules,
    plan: &'a TablePlan,
}

impl<'a> Row<'a> {
    /// Takes a cell of the first row, or of one that goes on with it, which comes so many rows later.
    fn take(&mut self, column: &'a TakenColumn, cell: &'a str, later: usize) {
        let values = values_in(column, cell);
        for target in &column.mapping.targets {
            match target {
                Target::Contact(kind) => self.contacts(column, *kind, &values),
                Target::Field(field) if later > 0 && field.place().is_none() => {
                    self.told_again(column, field, &values);
                }
                Target::Field(field) => self.field(column, field, &values, later),
            }
        }
    }

    /// Takes a cell of a row that goes on, if it is an entry of a list.
    fn take_listed(&mut self, column: &'a TakenColumn, cell: &'a str, later: usize) {
        let values = values_in(column, cell);
        for target in &column.mapping.targets {
            if let Target::Field(field) = target
                && field.place().is_some()
            {
                self.field(column, field, &values, later);
            }
        }
    }

    fn contacts(&mut self, column: &'a TakenColumn, kind: ContactType, values: &[&'a str]) {
        let note = column.mapping.note.as_deref();
        for value in values {
            if let Some(text) = self.value(column, Target::Contact(kind).kind(), value) {
                let contact = SaidContact::of(kind, text);
                self.said.add_contact(SaidContact { note: note.map(Cow::Borrowed), ..contact });
            }
        }
    }

    fn field(&mut self, column: &'a TakenColumn, field: &'a CustomerField, values: &[&'a str], later: usize) {
        let kind = field.kind();
        let Some((first, others)) = values.split_first() else {
            if self.rules.empty == Empty::Clears && later == 0 {
                self.said.say_empty(field);
            }
            return;
        };
        if column.mapping.stands_in && self.said.says(field) {
            return;
        }
        if let Some(text) = self.value(column, kind, first) {
            let said = self.said.say_later(field, later * self.plan.room, text);
            if said == Said::Otherwise && kind == FieldKind::Email {
                self.contacts(column, ContactType::Email, &[first]);
            } else if said == Said::Otherwise {
                self.leave_out(column, first, "another column says something else, which counts");
            }
        }
        if kind == FieldKind::Email {
            self.contacts(column, ContactType::Email, others);
        } else {
            for value in others {
                self.leave_out(column, value, "a customer has one only, and the first is taken");
            }
        }
    }

    /// A row that goes on says again what is no list.
    fn told_again(&mut self, column: &'a TakenColumn, field: &CustomerField, values: &[&'a str]) {
        // The same cell may be taken for an entry of a list, too.
        let is_listed = |target: &Target| matches!(target, Target::Field(field) if field.place().is_some());
        if !column.mapping.targets.iter().any(is_listed) {
            for value in values {
                self.leave_out(column, value, &format!("the row before says {field}"));
            }
        }
    }

    fn constant(&mut self, target: &'a Target, value: &'a str) {
        match target {
            Target::Contact(kind) => self.said.add_contact(SaidContact::of(*kind, Cow::Borrowed(value))),
            Target::Field(field) if !self.said.says(field) => {
                let text = values::value(field.kind(), value, None).unwrap_or(Cow::Borrowed(value));
                self.said.say(field, text);
            }
            Target::Field(_) => {}
        }
    }

    /// A value as the API takes it; `None` where it says nothing.
    fn value(&mut self, column: &'a TakenColumn, kind: FieldKind, value: &'a str) -> Option<Cow<'a, str>> {
        match values::value(kind, value, self.rules.dates.or(self.plan.dates)) {
            Ok(text) => Some(text).filter(|text| !text.trim().is_empty()),
            Err(reason) => {
                self.left_out.push(Problem::of_field(&column.name, format!("'{}' {reason}", shorten(value))));
                None
            }
        }
    }

    fn leave_out(&mut self, column: &TakenColumn, value: &str, reason: &str) {
        self.left_out
            .push(Problem::of_field(&column.name, format!("'{}' is left out: {reason}", shorten(value))));
    }
}

/// The values in a cell, as they are written.
fn values_in<'a>(column: &'a TakenColumn, cell: &'a str) -> Vec<&'a str> {
    let mapping = &column.mapping;
    let says = |value: &&str| {
        let value = value.trim();
        !value.is_empty() && !mapping.nothing.iter().any(|nothing| nothing == value)
    };
    let is_email = || mapping.targets.iter().any(|target| target.kind() == FieldKind::Email);
    let separator = if mapping.split.is_empty() {
        let has_several = is_email() && cell.matches('@').count() > 1;
        BETWEEN_ADDRESSES.into_iter().find(|separator| has_several && cell.contains(separator))
    } else {
        mapping.split.iter().map(String::as_str).find(|separator| cell.contains(separator))
    };
    match separator {
        Some(separator) => cell.split(separator).map(str::trim).filter(says).collect(),
        None => Some(cell).filter(says).into_iter().collect(),
    }
}
