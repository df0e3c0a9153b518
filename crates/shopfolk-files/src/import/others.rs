//! What the file of a whole store has besides customers: groups and extra fields before them, orders behind them.

use std::collections::HashMap;

use shopfolk_api::StoreRecord;
use shopfolk_model::{Actor, CustomerId, ExtraFieldKey, NewGroup, Order, StoreId, Timestamp};
use shopfolk_operations::{
    ExtraFieldDefinition, ImportExtraFields, ImportGroups, ImportOrders, ImportOutcome, ImportedOrder,
    OperationError,
};
use shopfolk_store::{Engine, PORTION, Pace};

use super::Summary;
use crate::read::{Problem, Row, RowSays};

/// The records among the rows of a batch.
#[derive(Default)]
pub(super) struct Records<'a> {
    groups: Vec<NewGroup>,
    fields: Vec<ExtraFieldDefinition>,
    orders: Vec<(&'a Row, Order)>,
}

impl<'a> Records<'a> {
    /// Those of these rows.
    pub(super) fn of(rows: &'a [Row]) -> Self {
        let mut records = Self::default();
        for row in rows {
            match &row.says {
                RowSays::Record(record) => match &**record {
                    StoreRecord::Group(group) => records.groups.push(group.clone()),
                    StoreRecord::ExtraField(field) => records.fields.push(field.clone()),
                    StoreRecord::Order(order) => records.orders.push((row, order.clone())),
                },
                RowSays::Customer(_) | RowSays::Nothing(_) => {}
            }
        }
        records
    }
}

/// An import of what a store has besides customers.
pub(super) struct Others {
    store: StoreId,
    keys: Vec<ExtraFieldKey>,
    is_dry_run: bool,
    is_whole: bool,
    /// Which customers of the store those of the file are.
    customers: HashMap<CustomerId, CustomerId>,
    pace: Pace,
}

impl Others {
    /// One into this store, of a file that has all of a store or customers alone.
    pub(super) fn new(store: StoreId, keys: Vec<ExtraFieldKey>, is_dry_run: bool, is_whole: bool) -> Self {
        Self { store, keys, is_dry_run, is_whole, customers: HashMap::new(), pace: Pace::default() }
    }

    /// Keeps in mind which customer one of the file is.
    pub(super) fn note(&mut self, there: Option<CustomerId>, outcome: &ImportOutcome) {
        if let (
            Some(there),
            ImportOutcome::Created(here) | ImportOutcome::Updated(here) | ImportOutcome::Unchanged(here),
        ) = (there.filter(|_| self.is_whole), outcome)
        {
            self.customers.insert(there, *here);
        }
    }

    /// Creates the groups and extra fields that are not there, before the customers who have them.
    pub(super) async fn define<E: Engine>(
        &mut self,
        engine: &E,
        records: &Records<'_>,
        now: Timestamp,
        summary: &mut Summary,
    ) -> Result<(), OperationError> {
        if self.is_dry_run {
            return Ok(());
        }
        let Self { store, pace, keys, .. } = self;
        if !records.groups.is_empty() {
            let import = ImportGroups { groups: records.groups.clone(), now };
            summary.others[0] += engine.write_portion(*store, Actor::Import, import, pace).await? as u64;
        }
        if !records.fields.is_empty() {
            let import = ImportExtraFields { fields: records.fields.clone(), keys: keys.clone(), now };
            summary.others[1] += engine.write_portion(*store, Actor::Import, import, pace).await? as u64;
        }
        Ok(())
    }

    /// Records the orders, behind the customers who made them, and answers with those that cannot be.
    pub(super) async fn record<'a, E: Engine>(
        &mut self,
        engine: &E,
        records: &Records<'a>,
        now: Timestamp,
        summary: &mut Summary,
    ) -> Result<Vec<(&'a Row, Problem)>, OperationError> {
        let mut refused = Vec::new();
        if self.is_dry_run {
            return Ok(refused);
        }
        let (mut rows, mut orders) = (Vec::new(), Vec::new());
        for (row, order) in &records.orders {
            let customer = order.customer.map(|there| self.customers.get(&there).copied());
            if customer == Some(None) {
                refused.push((*row, Problem::of_field("order.customerId", "the customer was not imported")));
                continue;
            }
            rows.push(*row);
            orders.push(Order { customer: customer.flatten(), ..order.clone() });
        }
        for (rows, orders) in rows.chunks(PORTION).zip(orders.chunks(PORTION)) {
            let import = ImportOrders { orders: orders.to_vec(), now };
            let outcomes = engine.write_portion(self.store, Actor::Import, import, &mut self.pace).await?;
            for (row, outcome) in rows.iter().zip(outcomes) {
                let reason = match outcome {
                    ImportedOrder::Created(_) => {
                        summary.others[2] += 1;
                        continue;
                    }
                    ImportedOrder::Known => continue,
                    ImportedOrder::KeyInUse => "another order of the store has its id",
                    ImportedOrder::CustomerMissing => "the customer who ordered is not there",
                    ImportedOrder::SalesTooLarge => {
                        "the customer's orders would be worth more than can be kept"
                    }
                };
                refused.push((*row, Problem::of_field("order", reason)));
            }
        }
        Ok(refused)
    }
}
