//! What an engine does before it can be used, when its tables are of an earlier release.

/// A step on the way to tables of this release. Making them in an empty database takes no time and is not told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationStep {
    /// Another process is changing the tables, and this one waits until that is done or gone.
    Waits,
    /// A migration begins.
    Begins {
        /// Its version and name, such as `V6__order_search`.
        migration: String,
        /// Which of those that are to be made it is, from 1.
        number: usize,
        /// How many are to be made.
        of: usize,
    },
    /// Rows are brought up to date, while others use the tables already.
    Rows {
        /// What is done with them, in words.
        what: &'static str,
        /// How many of them are done; 0 when it begins.
        done: u64,
        /// About how many there are.
        total: u64,
    },
}
