//! An import of a file into a store: portion by portion, with what became of each row.

mod others;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use shopfolk_model::{ExtraFieldKey, StoreId, Timestamp};
use shopfolk_operations::{
    CustomerImport, ImportOutcome, Imported, ImportedCustomer, ImportedPart, LeftOut, OperationError,
};
use shopfolk_store::Engine;
use tokio::sync::watch;

use self::others::{Others, Records};
use crate::file::CustomerFile;
use crate::plan::TablePlan;
use crate::read::{Batch, Problem, Row, RowSays};
use crate::report::{Report, ReportError};

/// An import that is to be done.
pub struct Import {
    /// The store.
    pub store: StoreId,
    /// The file.
    pub file: CustomerFile,
    /// What is done with what it says.
    pub customers: CustomerImport,
    /// Keys that were drawn at random, for extra fields of another store whose own are taken here.
    pub field_keys: Vec<ExtraFieldKey>,
    /// Whether nothing is written.
    pub is_dry_run: bool,
    /// The file that it is read from, if it is one: the report may not be it.
    pub input: Option<PathBuf>,
    /// Where rejected rows go.
    pub report: PathBuf,
    /// How the report is opened.
    pub report_options: OpenOptions,
}

/// What became of the rows of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many customers were created.
    pub created: u64,
    /// How many of those have no e-mail address.
    pub without_email: u64,
    /// How many customers were changed.
    pub updated: u64,
    /// How many rows say what is there already.
    pub unchanged: u64,
    /// How many rows were passed over, as the rules say.
    pub passed_over: u64,
    /// How many rows were rejected.
    pub rejected: u64,
    /// How many groups, extra fields and orders of a whole store were created, in this order.
    pub others: [u64; 3],
    /// How often something was left out of a row that was taken, by column or field, with the reason of the first.
    pub left_out: BTreeMap<String, FieldsLeftOut>,
    /// Whether it was stopped before the end of the file.
    pub is_stopped: bool,
}

/// What was left out of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldsLeftOut {
    /// How often.
    pub times: u64,
    /// The line of the first.
    pub line: u64,
    /// Why the first was.
    pub reason: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// How many bytes of the file were read.
    pub read: u64,
    /// How many rows were dealt with.
    pub rows: u64,
}

/// Why an import could not go on. What was written until then stays; the same import goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Unreadable(#[from] io::Error),
    /// The report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The database fails.
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl Import {
    /// Imports the file, until its end or until `stop` has something; then the portion that is under way is finished. `now` tells
    /// the time, `observe` how far it is between two portions.
    ///
    /// # Errors
    /// When the file cannot be read, the report cannot be written, or the database fails.
    pub async fn run<E: Engine, S>(
        self,
        engine: &E,
        mut stop: watch::Receiver<Option<S>>,
        now: impl Fn() -> Timestamp,
        mut observe: impl FnMut(Observed) -> ControlFlow<()>,
    ) -> Result<Summary, Failure> {
        let Self { store, file, mut customers, field_keys, input, report, report_options, is_dry_run } = self;
        let mut others = Others::new(store, field_keys, is_dry_run, file.plan.is_whole);
        let mut report = Report::open(report, input.as_deref(), &file, report_options)?;
        let table = file.table.clone();
        let mut batches = file.into_batches()?;
        let mut summary = Summary::default();
        let mut rows = 0;
        loop {
            let batch = tokio::select! {
                biased;
                Ok(_) = stop.wait_for(Option::is_some) => {
                    summary.is_stopped = true;
                    break;
                }
                batch = batches.recv() => batch,
            };
            let Some(batch) = batch.transpose()? else { break };
            let Batch { customers: read, rows: batch_rows, text, read: bytes } = batch;
            let records = Records::of(&batch_rows);
            others.define(engine, &records, now(), &mut summary).await?;
            let mut tally =
                Tally { summary: &mut summary, report: &mut report, table: table.as_deref(), text: &text };
            let mut waiting = batch_rows.iter();
            let read: Arc<[ImportedCustomer]> = read.into();
            let mut first = 0;
            while first < read.len() {
                let outcomes = customers.portion(engine, &read, first, now()).await?;
                for outcome in outcomes {
                    others.note(read[first].id, &outcome.outcome);
                    tally.up_to_next_customer(&mut waiting, &read[first], outcome)?;
                    first += 1;
                    rows += 1;
                }
                let goes_on = observe(Observed { read: bytes, rows });
                if first < read.len() && (goes_on.is_break() || stop.borrow().is_some()) {
                    tally.summary.is_stopped = true;
                    break;
                }
            }
            if tally.summary.is_stopped {
                break;
            }
            for row in waiting {
                rows += 1;
                tally.rejected(row)?;
            }
            for (row, problem) in others.record(engine, &records, now(), tally.summary).await? {
                tally.reject(row, Vec::new(), Some(problem))?;
            }
            report.flush()?;
            if observe(Observed { read: bytes, rows }).is_break() {
                summary.is_stopped = true;
                break;
            }
        }
        report.end()?;
        Ok(summary)
    }
}

/// What counts the rows of a batch.
struct Tally<'a> {
    summary: &'a mut Summary,
    report: &'a mut Report,
    table: Option<&'a TablePlan>,
    text: &'a [u8],
}

impl Tally<'_> {
    /// Tells of the rejected rows before the next customer, and of what became of that one.
    fn up_to_next_customer<'a>(
        &mut self,
        rows: &mut impl Iterator<Item = &'a Row>,
        customer: &ImportedCustomer,
        Imported { outcome, left_out }: Imported,
    ) -> Result<(), ReportError> {
        for row in rows {
            let RowSays::Customer(problems) = &row.says else {
                self.rejected(row)?;
                continue;
            };
            let left_out = left_out.into_iter().map(|part| self.problem(customer, part));
            let problems = problems.iter().cloned().chain(left_out).collect();
            return self.customer(row, customer, outcome, problems);
        }
        Ok(())
    }

    fn customer(
        &mut self,
        row: &Row,
        customer: &ImportedCustomer,
        outcome: ImportOutcome,
        problems: Vec<Problem>,
    ) -> Result<(), ReportError> {
        match outcome {
            ImportOutcome::Created(_) => {
                self.summary.created += 1;
                self.summary.without_email += u64::from(customer.email.is_none());
            }
            ImportOutcome::Updated(_) => self.summary.updated += 1,
            ImportOutcome::Unchanged(_) => self.summary.unchanged += 1,
            ImportOutcome::PassedOver => {
                self.summary.passed_over += 1;
                return Ok(());
            }
            ImportOutcome::Conflict(conflict) => {
                return self.reject(row, problems, Some(Problem::of_row(conflict)));
            }
            ImportOutcome::Unfit => return self.reject(row, problems, None),
            ImportOutcome::Refused(refused) => {
                return self.reject(row, problems, Some(Problem::of_row(refused)));
            }
        }
        for Problem { field, reason } in problems {
            let line = row.line;
            let left_out = self.summary.left_out.entry(field.unwrap_or_default());
            left_out.or_insert(FieldsLeftOut { times: 0, line, reason }).times += 1;
        }
        Ok(())
    }

    /// Tells of a row of which nothing can be taken.
    fn rejected(&mut self, row: &Row) -> Result<(), ReportError> {
        let RowSays::Nothing(problems) = &row.says else { return Ok(()) };
        self.summary.rejected += 1;
        self.report.add(row.line, &self.text[row.text.clone()], problems)
    }

    fn reject(
        &mut self,
        row: &Row,
        mut problems: Vec<Problem>,
        last: Option<Problem>,
    ) -> Result<(), ReportError> {
        problems.extend(last);
        self.summary.rejected += 1;
        self.report.add(row.line, &self.text[row.text.clone()], &problems)
    }

    /// A part that the store does not take, by its name in the file.
    fn problem(&self, customer: &ImportedCustomer, LeftOut { part, reason }: LeftOut) -> Problem {
        let field = match part {
            ImportedPart::Fields => return Problem::of_row(reason),
            ImportedPart::Group => "customerGroupName".to_owned(),
            ImportedPart::Contact(place) => format!("contacts[{place}]"),
            ImportedPart::Address(place) => format!("shippingAddresses[{place}]"),
            ImportedPart::ExtraField(place) => {
                let field = customer.extra_fields.get(place);
                let name = field.and_then(|field| {
                    let title = field.title.as_ref().map(|title| title.as_str().to_owned());
                    title.or_else(|| field.key.as_ref().map(|key| key.as_str().to_owned()))
                });
                format!("extrafields[{}]", name.unwrap_or_default())
            }
        };
        let column = self.table.and_then(|table| table.columns_for(&field).next()).map(str::to_owned);
        Problem::of_field(&column.unwrap_or(field), reason)
    }
}
