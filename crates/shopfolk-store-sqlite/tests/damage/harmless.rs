//! What nothing can know of, with the reason.

use crate::changes::{Damaging, Kind};

/// Damages after which the database is still one that could have come to be.
#[derive(Debug)]
pub struct Harmless {
    pub table: &'static str,
    pub column: &'static str,
    pub kinds: &'static [Kind],
    /// Why nothing can know of it.
    #[allow(dead_code, reason = "for who reads the list")]
    pub reason: &'static str,
}

impl Harmless {
    /// Whether a damage is one of these.
    pub fn is(&self, damage: &Damaging) -> bool {
        self.table == damage.table && self.column == damage.column && self.kinds.contains(&damage.kind)
    }
}

const fn harmless(
    table: &'static str,
    column: &'static str,
    kinds: &'static [Kind],
    reason: &'static str,
) -> Harmless {
    Harmless { table, column, kinds, reason }
}

/// All of them.
pub const HARMLESS: &[Harmless] = &[harmless(
    "refinery_schema_history",
    "applied_on",
    &[Kind::OtherText],
    "when a migration ran matters to nobody",
)];
