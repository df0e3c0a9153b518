//! Customer groups, besides their rows.

use shopfolk_model::GroupId;
use shopfolk_store::{StoreError, WriteGroups};

use crate::tx::SqliteWriteTx;

impl WriteGroups for SqliteWriteTx<'_> {
    async fn leave_group(&mut self, id: GroupId) -> Result<(), StoreError> {
        let members = self.change(
            "note that the customers of a group changed",
            "INSERT OR IGNORE INTO search_changed (store_id, customer_id)
             SELECT store_id, customer_id FROM customers WHERE store_id = ?1 AND group_id = ?2 AND group_id <> 0",
            (self.store.get(), id.get()),
        )?;
        self.mode.backlog.forget_fresh();
        self.mode.backlog.note_changed(self.store, members);
        self.change(
            "put the customers of a group into the built-in one",
            "UPDATE customers SET group_id = 0 WHERE store_id = ?1 AND group_id = ?2 AND group_id <> 0",
            (self.store.get(), id.get()),
        )?;
        Ok(())
    }
}
