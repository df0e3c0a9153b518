//! Customer groups.

use std::collections::HashMap;

use rusqlite::{Row, params};
use shopfolk_model::{CustomerGroup, ExternalReferenceId, GroupId, GroupName, StoreId};
use shopfolk_store::{ReadGroups, StoreError, WriteGroups};

use crate::row::Place;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// `group_id, name, external_reference`, in this order.
struct GroupRow {
    id: i64,
    name: String,
    external_reference: Option<String>,
}

impl GroupRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, external_reference: row.get(2)? })
    }

    fn group(self, store: StoreId) -> Result<CustomerGroup, StoreError> {
        let place = Place { table: "customer_groups", row: format!("store {store}, group {}", self.id) };
        let reference = self.external_reference.map(|text| ExternalReferenceId::new(&text)).transpose();
        Ok(CustomerGroup {
            id: place.value("group_id", GroupId::new(self.id))?,
            name: place.value("name", GroupName::new(&self.name))?,
            external_reference: place.value("external_reference", reference)?,
        })
    }
}

fn reference(group: &CustomerGroup) -> Option<&str> {
    group.external_reference.as_ref().map(ExternalReferenceId::as_str)
}

impl<A: Access> ReadGroups for SqliteTx<'_, A> {
    async fn lookup_group(&mut self, id: GroupId) -> Result<Option<CustomerGroup>, StoreError> {
        self.find(
            "find a customer group",
            "SELECT group_id, name, external_reference FROM customer_groups WHERE store_id = ?1 AND group_id = ?2",
            (self.store.get(), id.get()),
            GroupRow::read,
        )?
        .map(|row| row.group(self.store))
        .transpose()
    }

    async fn list_groups(&mut self) -> Result<Vec<CustomerGroup>, StoreError> {
        let rows = self.list(
            "list the customer groups",
            "SELECT group_id, name, external_reference FROM customer_groups WHERE store_id = ?1 ORDER BY group_id",
            [self.store.get()],
            GroupRow::read,
        )?;
        rows.into_iter().map(|row| row.group(self.store)).collect()
    }

    async fn find_group_names(&mut self, ids: &[GroupId]) -> Result<HashMap<GroupId, GroupName>, StoreError> {
        let mut names = HashMap::new();
        for &id in ids {
            if !names.contains_key(&id) {
                names.extend(self.lookup_group(id).await?.map(|group| (id, group.name)));
            }
        }
        Ok(names)
    }
}

impl WriteGroups for SqliteWriteTx<'_> {
    async fn next_group_id(&mut self) -> Result<GroupId, StoreError> {
        self.counters()?.next_group()
    }

    async fn add_group(&mut self, group: &CustomerGroup) -> Result<(), StoreError> {
        self.change(
            "add a customer group",
            "INSERT INTO customer_groups (store_id, group_id, name, name_key, external_reference)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.store.get(),
                group.id.get(),
                group.name.as_str(),
                group.name.key(),
                reference(group)
            ],
        )?;
        self.counters()?.raise_group(group.id)
    }

    async fn change_group(&mut self, group: &CustomerGroup) -> Result<(), StoreError> {
        self.change(
            "change a customer group",
            "UPDATE customer_groups
                SET name = ?3, name_key = ?4, external_reference = ?5
              WHERE store_id = ?1 AND group_id = ?2",
            params![
                self.store.get(),
                group.id.get(),
                group.name.as_str(),
                group.name.key(),
                reference(group)
            ],
        )?;
        Ok(())
    }

    async fn remove_group(&mut self, id: GroupId) -> Result<bool, StoreError> {
        let members = self.change(
            "note that the customers of a group changed",
            "INSERT OR IGNORE INTO search_changed (store_id, customer_id)
             SELECT store_id, customer_id FROM customers WHERE store_id = ?1 AND group_id = ?2 AND group_id <> 0",
            (self.store.get(), id.get()),
        )?;
        self.access.backlog.forget_fresh();
        self.access.backlog.note_changed(self.store, members);
        self.change(
            "put the customers of a group into the built-in one",
            "UPDATE customers SET group_id = 0 WHERE store_id = ?1 AND group_id = ?2 AND group_id <> 0",
            (self.store.get(), id.get()),
        )?;
        let removed = self.change(
            "remove a customer group",
            "DELETE FROM customer_groups WHERE store_id = ?1 AND group_id = ?2",
            (self.store.get(), id.get()),
        )?;
        Ok(removed == 1)
    }
}

impl SqliteWriteTx<'_> {
    /// Removes groups and adds others as they are, for a copy.
    pub(crate) async fn replace_groups(
        &mut self,
        remove: &[GroupId],
        add: &[CustomerGroup],
    ) -> Result<(), StoreError> {
        for &id in remove {
            self.remove_group(id).await?;
        }
        // First they are all taken away, because two of them may have changed their names with each other.
        for group in add {
            self.change(
                "take a customer group away that is written anew",
                "DELETE FROM customer_groups WHERE store_id = ?1 AND group_id = ?2",
                (self.store.get(), group.id.get()),
            )?;
        }
        for group in add {
            let in_the_way: Vec<i64> = self.list(
                "find customer groups in the way of a copy",
                "SELECT group_id FROM customer_groups WHERE store_id = ?1 AND name_key = ?2
                  UNION ALL
                 SELECT group_id FROM customer_groups WHERE store_id = ?1 AND external_reference = ?3",
                params![self.store.get(), group.name.key(), reference(group)],
                |row| row.get(0),
            )?;
            for id in in_the_way.into_iter().flat_map(GroupId::new) {
                self.remove_group(id).await?;
            }
            self.add_group(group).await?;
        }
        Ok(())
    }
}
