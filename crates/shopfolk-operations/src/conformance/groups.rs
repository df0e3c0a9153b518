//! Customer groups.

use std::collections::BTreeSet;

use shopfolk_model::{
    CustomerChange, CustomerGroup, CustomerId, CustomerSearch, ExternalReferenceId, FieldChange, GroupChange,
    GroupFilter, GroupId, GroupName, Happening, NewGroup, SearchText,
};
use shopfolk_store::{Engine, PageRequest, StoreError, WriteOperation, WriteTx};

use super::fixture::*;
use crate::{
    ChangeCustomer, ChangeGroup, CreateCustomer, CreateGroup, GetGroup, ListGroups, OperationError,
    SearchCustomerIds, delete_group,
};

pub fn group_id(number: i64) -> GroupId {
    GroupId::new(number).unwrap()
}

/// A group of this name.
pub fn named(name: &str) -> NewGroup {
    NewGroup { name: GroupName::new(name).unwrap(), external_reference: None }
}

/// Creates a group.
///
/// # Errors
/// When a rule says no.
pub async fn create_group<E: Engine>(engine: &E, group: NewGroup) -> Result<GroupId, OperationError> {
    engine.write(STORE, BY, CreateGroup { group, now: at(2) }).await
}

/// Keeps a group with an id that was given elsewhere.
struct KeepGroup(CustomerGroup);

impl WriteOperation for KeepGroup {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.insert(std::slice::from_ref(&self.0)).await?;
        tx.append(Happening::GroupCreated(self.0.id), at(2)).await
    }
}

/// The counter would stand behind the last id, where no id is.
pub async fn last_id_of_a_kind_is_never_taken<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let keep = async |id| {
        let NewGroup { name, external_reference } = named(&format!("{id}"));
        engine
            .write(STORE, BY, KeepGroup(CustomerGroup { id, name, external_reference, namesake: false }))
            .await
    };
    let refused = keep(GroupId::MAXIMUM).await.unwrap_err();
    assert!(matches!(refused, StoreError::OutOfIds { .. }), "{refused:?}");
    let first = create_group(&engine, named("First")).await.unwrap();
    assert_eq!(first.get(), 1, "nothing was passed over");
    let last_but_two = GroupId::new(GroupId::MAXIMUM.get() - 2).unwrap();
    keep(last_but_two).await.unwrap();
    assert_eq!(create_group(&engine, named("Last but one")).await.unwrap(), last_but_two.next().unwrap());
    let refused = create_group(&engine, named("Last")).await.unwrap_err();
    let is_out_of_ids = matches!(refused, OperationError::Store(StoreError::OutOfIds { .. }));
    assert!(is_out_of_ids, "{refused:?}");
}

async fn list<E: Engine>(engine: &E, keyword: Option<&str>) -> Vec<CustomerGroup> {
    let keyword = keyword.and_then(|keyword| SearchText::optional(keyword).unwrap());
    let filter = GroupFilter { keyword, ids: None };
    let page = PageRequest::at(0, 1_000);
    engine.read(STORE, ListGroups { filter, page }).await.unwrap().items
}

pub async fn put_into_group<E: Engine>(engine: &E, customer: CustomerId, group: GroupId) {
    let change = CustomerChange { group: Some(group), ..CustomerChange::default() };
    engine.write(STORE, BY, ChangeCustomer { customer, change, now: at(3) }).await.unwrap();
}

async fn group_of<E: Engine>(engine: &E, customer: CustomerId) -> (GroupId, String) {
    let found = whole_customer(engine, STORE, customer).await.unwrap();
    (found.customer.group, found.group_name.to_string())
}

pub async fn groups_come_after_the_built_in_one<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let vip = create_group(&engine, named("VIP")).await.unwrap();
    let gold = create_group(&engine, named("Gold")).await.unwrap();
    let names: Vec<_> = list(&engine, None).await.into_iter().map(|group| group.name.to_string()).collect();
    assert_eq!(names, ["General", "VIP", "Gold"]);
    let found: Vec<_> = list(&engine, Some("GOL")).await.into_iter().map(|group| group.id).collect();
    assert_eq!(found, [gold]);
    assert_eq!(engine.read(STORE, GetGroup { group: vip }).await.unwrap().name.as_str(), "VIP");
    let filter = GroupFilter { keyword: None, ids: Some(vec![vip, group_id(0)]) };
    let page = PageRequest::at(1, 1);
    let found = engine.read(STORE, ListGroups { filter, page }).await.unwrap();
    assert_eq!((found.total, found.items.len(), found.items[0].id), (2, 1, vip));
    engine.read(STORE, GetGroup { group: group_id(99) }).await.unwrap_err();
}

pub async fn group_names_and_references_are_there_once<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let reference = ExternalReferenceId::new("their 1").unwrap();
    let first = NewGroup { external_reference: Some(reference.clone()), ..named("Größe") };
    let first = create_group(&engine, first).await.unwrap();
    let second = create_group(&engine, named("VIP")).await.unwrap();
    for name in ["GRÖSSE", "general"] {
        let refused = create_group(&engine, named(name)).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("Customer group with name '{name}' already exists"));
    }
    let change = GroupChange { external_reference: FieldChange::Set(reference), ..GroupChange::default() };
    let rename = ChangeGroup { group: second, change, now: at(3) };
    let refused = engine.write(STORE, BY, rename).await.unwrap_err();
    assert_eq!(refused.to_string(), "Customer group with externalReferenceId 'their 1' already exists");
    let change = GroupChange { name: Some(GroupName::new("größe").unwrap()), ..GroupChange::default() };
    assert!(engine.write(STORE, BY, ChangeGroup { group: first, change, now: at(3) }).await.unwrap());
    let nothing = ChangeGroup { group: first, change: GroupChange::default(), now: at(3) };
    assert!(!engine.write(STORE, BY, nothing).await.unwrap());
    assert_eq!(list(&engine, None).await.len(), 3);
}

pub async fn built_in_group_stays_as_it_is<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let general = group_id(0);
    assert_eq!(engine.read(STORE, GetGroup { group: general }).await.unwrap().name.as_str(), "General");
    let change = GroupChange { name: Some(GroupName::new("All").unwrap()), ..GroupChange::default() };
    let refused =
        engine.write(STORE, BY, ChangeGroup { group: general, change, now: at(3) }).await.unwrap_err();
    assert!(refused.to_string().contains("built in"), "{refused}");
    delete_group(&engine, STORE, BY, general, || Ok(at(3))).await.unwrap_err();
    delete_group(&engine, STORE, BY, group_id(9), || Ok(at(3))).await.unwrap_err();
}

pub async fn deleted_group_leaves_its_customers_to_the_built_in_one<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    let vip = create_group(&engine, named("VIP")).await.unwrap();
    let gold = create_group(&engine, named("Gold")).await.unwrap();
    put_into_group(&engine, anna, vip).await;
    put_into_group(&engine, bert, gold).await;
    assert_eq!(group_of(&engine, anna).await, (vip, "VIP".to_owned()));
    delete_group(&engine, STORE, BY, vip, || Ok(at(4))).await.unwrap();
    assert_eq!(group_of(&engine, anna).await, (group_id(0), "General".to_owned()));
    assert_eq!((updated(&engine, anna).await, updated(&engine, bert).await), (at(4), at(3)));
    assert_eq!(group_of(&engine, bert).await, (gold, "Gold".to_owned()));
    assert_ne!(create_group(&engine, named("VIP")).await.unwrap(), vip, "ids are never given again");
}

pub async fn customer_of_an_unknown_group_is_refused<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let new = shopfolk_model::NewCustomer { group: group_id(7), ..customer("bert@example.com") };
    let refused = engine.write(STORE, BY, CreateCustomer { customer: new, now: at(2) }).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no customer group #7");
    let change = CustomerChange { group: Some(group_id(7)), ..CustomerChange::default() };
    engine.write(STORE, BY, ChangeCustomer { customer: anna, change, now: at(3) }).await.unwrap_err();
    assert_eq!(group_of(&engine, anna).await.0, group_id(0));
}

pub async fn search_finds_customers_by_group<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    let vip = create_group(&engine, named("VIP")).await.unwrap();
    put_into_group(&engine, bert, vip).await;
    let found = async |groups: &[GroupId]| {
        let groups = Some(groups.iter().copied().collect::<BTreeSet<_>>());
        let search = CustomerSearch { groups, ..CustomerSearch::default() };
        engine.read(STORE, SearchCustomerIds { search, sort: None }).await.unwrap()
    };
    assert_eq!(found(&[vip]).await, [bert]);
    assert_eq!(found(&[group_id(0)]).await, [anna]);
    assert_eq!(found(&[group_id(0), vip]).await, [anna, bert]);
    delete_group(&engine, STORE, BY, vip, || Ok(at(4))).await.unwrap();
    assert_eq!(found(&[group_id(0)]).await, [anna, bert]);
    assert_eq!(found(&[vip]).await, []);
}
