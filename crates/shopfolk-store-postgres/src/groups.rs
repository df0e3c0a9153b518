//! Customer groups, besides their rows.

use shopfolk_model::GroupId;
use shopfolk_store::{StoreError, WriteGroups};

use crate::parameter::parameters_of;
use crate::tx::PostgresWriteTx;

impl WriteGroups for PostgresWriteTx<'_> {
    async fn leave_group(&mut self, id: GroupId) -> Result<(), StoreError> {
        self.queue(
            "put the customers of a group into the built-in one",
            "UPDATE customers SET group_id = 0 WHERE store_id = $1 AND group_id = $2 AND group_id <> 0",
            parameters_of![self.store.get(), id.get()],
        );
        Ok(())
    }
}
