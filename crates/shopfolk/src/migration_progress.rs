//! What is shown while the tables of a database are brought up to date.

use shopfolk_store::MigrationStep;

use crate::progress::{Progress, Step, Unit};

/// What shows it: the log of a server, stderr of a command.
pub(crate) struct MigrationProgress {
    start: fn() -> Progress,
    shown: Option<Progress>,
}

impl MigrationProgress {
    /// Nothing, until there is something to show; then this is started.
    pub(crate) fn new(start: fn() -> Progress) -> Self {
        Self { start, shown: None }
    }

    /// Shows a step.
    pub(crate) fn show(&mut self, step: MigrationStep) {
        let shown = self.shown.get_or_insert_with(self.start);
        match step {
            MigrationStep::Waits => {
                shown.say("waiting: another process is changing the tables of the database");
            }
            MigrationStep::Begins { migration, number, of } => {
                shown.say(&format!("changing the tables: {migration} ({number} of {of})"));
            }
            MigrationStep::Rows { what, done: 0, total } => shown.say(&format!("{what}: {total} to do")),
            MigrationStep::Rows { what, done, total } => {
                shown.show(&Step { what: what.to_owned(), done, total, unit: Unit::Pieces });
            }
        }
    }
}

impl Drop for MigrationProgress {
    fn drop(&mut self) {
        if let Some(shown) = &self.shown {
            shown.end();
        }
    }
}
