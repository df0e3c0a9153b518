//! Customer groups.

use std::collections::HashMap;

use shopfolk_model::{CustomerGroup, ExternalReferenceId, GroupId, GroupName};
use shopfolk_store::{ReadGroups, StoreError, WriteGroups};
use tokio_postgres::Row;

use crate::ids::Kind;
use crate::parameter::{Parameter, parameters_of};
use crate::row::Place;
use crate::session::Step;
use crate::stores::lock_for;
use crate::tx::{Access, PostgresTx, PostgresWriteTx};

/// Reads `group_id, name, external_reference`.
fn read_group(row: &Row) -> Result<CustomerGroup, StoreError> {
    let id: i64 = row.try_get("group_id").unwrap_or_default();
    let place = Place { row, table: "customer_groups", key: format!("group {id}") };
    Ok(CustomerGroup {
        id: place.read("group_id", GroupId::new)?,
        name: place.read("name", |text: &str| GroupName::new(text))?,
        external_reference: place.read("external_reference", |text: Option<&str>| {
            text.map(ExternalReferenceId::new).transpose()
        })?,
    })
}

impl<A: Access> ReadGroups for PostgresTx<'_, A> {
    async fn lookup_group(&mut self, id: GroupId) -> Result<Option<CustomerGroup>, StoreError> {
        // Whoever looks in order to write keeps others from removing it: the lock of all groups is what they take.
        let lock = self.access.lock(self.store, lock_for("groups", self.store, ""));
        let find = Step::Run {
            what: "find a customer group",
            sql: "SELECT group_id, name, external_reference
                    FROM customer_groups
                   WHERE store_id = $1 AND group_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(find)]).await?;
        found.rows.first().map(read_group).transpose()
    }

    async fn list_groups(&mut self) -> Result<Vec<CustomerGroup>, StoreError> {
        let lock = self.access.lock(self.store, lock_for("groups", self.store, ""));
        let list = Step::Run {
            what: "list the customer groups",
            sql: "SELECT group_id, name, external_reference
                    FROM customer_groups
                   WHERE store_id = $1
                   ORDER BY group_id",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(list)]).await?;
        found.rows.iter().map(read_group).collect()
    }

    async fn find_group_names(&mut self, ids: &[GroupId]) -> Result<HashMap<GroupId, GroupName>, StoreError> {
        let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self
            .list(
                "find the names of customer groups",
                "SELECT group_id, name, external_reference
                   FROM customer_groups
                  WHERE store_id = $1 AND group_id = ANY ($2)",
                parameters_of![self.store.get(), ids],
            )
            .await?;
        rows.iter().map(|row| read_group(row).map(|group| (group.id, group.name))).collect()
    }
}

impl WriteGroups for PostgresWriteTx<'_> {
    async fn next_group_id(&mut self) -> Result<GroupId, StoreError> {
        let taken = self.take_id(Kind::Group).await?;
        GroupId::new(taken).map_err(|_| StoreError::OutOfIds { kind: "customer group" })
    }

    async fn add_group(&mut self, group: &CustomerGroup) -> Result<(), StoreError> {
        self.raise_group(group.id);
        let parameters = self.group_columns(group);
        self.write(
            "add a customer group",
            "INSERT INTO customer_groups (store_id, group_id, name, name_key, external_reference)
             VALUES ($1, $2, $3, $4, $5)",
            parameters,
        );
        Ok(())
    }

    async fn change_group(&mut self, group: &CustomerGroup) -> Result<(), StoreError> {
        let parameters = self.group_columns(group);
        self.write_one(
            "change a customer group",
            "UPDATE customer_groups
                SET name = $3, name_key = $4, external_reference = $5
              WHERE store_id = $1 AND group_id = $2",
            parameters,
        );
        Ok(())
    }

    async fn remove_group(&mut self, id: GroupId) -> Result<bool, StoreError> {
        let lock = self.access.lock(self.store, lock_for("groups", self.store, ""));
        let remove = Step::Run {
            what: "remove a customer group",
            sql: "DELETE FROM customer_groups WHERE store_id = $1 AND group_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let empty = Step::Run {
            what: "put the customers of a group into the built-in one",
            sql: "UPDATE customers SET group_id = 0 WHERE store_id = $1 AND group_id = $2 AND group_id <> 0",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let [_, removed, _] = self.run([lock, Some(remove), Some(empty)]).await?;
        Ok(removed.touched == 1)
    }
}

impl PostgresWriteTx<'_> {
    fn group_columns(&self, group: &CustomerGroup) -> Vec<Parameter> {
        parameters_of![
            self.store.get(),
            group.id.get(),
            group.name.as_str(),
            group.name.key(),
            group.external_reference.as_ref().map(ExternalReferenceId::as_str),
        ]
    }

    /// Removes groups and adds others as they are, for a copy; what is in the way of those goes too.
    pub(crate) async fn replace_groups(
        &mut self,
        remove: &[GroupId],
        add: &[CustomerGroup],
    ) -> Result<(), StoreError> {
        self.lock_store().await?;
        let gone: Vec<i64> =
            remove.iter().map(|id| id.get()).chain(add.iter().map(|group| group.id.get())).collect();
        let names: Vec<String> = add.iter().map(|group| group.name.key()).collect();
        let references: Vec<String> = add
            .iter()
            .filter_map(|group| group.external_reference.as_ref().map(ToString::to_string))
            .collect();
        let rows = self
            .list(
                "remove customer groups in the way of a copy",
                "DELETE FROM customer_groups
                  WHERE store_id = $1
                    AND (group_id = ANY ($2) OR name_key = ANY ($3) OR external_reference = ANY ($4))
              RETURNING group_id",
                parameters_of![self.store.get(), gone, names, references],
            )
            .await?;
        for group in add {
            self.add_group(group).await?;
        }
        let kept = |id: &i64| add.iter().any(|group| group.id.get() == *id);
        let removed: Vec<i64> =
            rows.iter().filter_map(|row| row.try_get(0).ok()).filter(|id| !kept(id)).collect();
        self.write(
            "put the customers of groups into the built-in one",
            "UPDATE customers SET group_id = 0 WHERE store_id = $1 AND group_id = ANY ($2) AND group_id <> 0",
            parameters_of![self.store.get(), removed],
        );
        Ok(())
    }
}
