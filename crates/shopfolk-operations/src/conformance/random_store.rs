//! A store to which random writes are made: customers, contacts, groups and orders come, change and go.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    CustomerId, GroupChange, GroupId, GroupName, Money, NewCustomer, NewGroup, OrderKey, OrderNumber,
    OrderedProduct, ProductId, StoreId,
};
use shopfolk_store::Engine;

use super::fixture::*;
use super::random_values::*;
use crate::{
    ChangeCustomer, ChangeGroup, CreateContact, CreateCustomer, CreateGroup, DeleteContact, DeleteCustomer,
    DeleteOrder, OperationError, OrderName, RecordOrder, delete_group,
};

/// The ids of the products that are bought.
pub(super) const PRODUCTS: [i64; 6] = [1, 2, 3, 5, 8, 13];

/// The store, and who and what is in it.
pub(super) struct RandomStore<'a, E> {
    engine: &'a E,
    id: StoreId,
    random: StdRng,
    customers: Vec<CustomerId>,
    /// The built-in one first.
    groups: Vec<GroupId>,
    orders: Vec<OrderNumber>,
}

impl<'a, E: Engine> RandomStore<'a, E> {
    /// Creates a store with some groups.
    pub(super) async fn create(engine: &'a E, id: StoreId, seed: u64) -> Self {
        create_store(engine, id).await;
        let random = StdRng::seed_from_u64(seed);
        let groups = vec![GroupId::GENERAL];
        let mut store = Self { engine, id, random, customers: Vec::new(), groups, orders: Vec::new() };
        for _ in 0..4 {
            store.create_group().await;
        }
        store
    }

    /// Makes one write, whichever.
    pub(super) async fn write(&mut self) {
        let choice = self.random.random_range(0..100);
        let Some(customer) = (!self.customers.is_empty()).then(|| any_of(&mut self.random, &self.customers))
        else {
            return self.create_customer().await;
        };
        match choice {
            0..22 => self.create_customer().await,
            22..45 => {
                let (contact, now) = (any_contact(&mut self.random), at(self.random.random_range(10..60)));
                // The same one may be there already.
                self.engine.write(self.id, BY, CreateContact { customer, contact, now }).await.unwrap();
            }
            45..65 => self.change_customer(customer).await,
            65..70 => self.delete_contact(customer).await,
            70..74 => {
                self.engine.write(self.id, BY, DeleteCustomer { customer, now: at(3) }).await.unwrap();
                self.customers.retain(|&other| other != customer);
            }
            74..92 => self.record_order(customer).await,
            92..95 => self.delete_order().await,
            95..97 => self.create_group().await,
            97..99 => self.rename_group().await,
            _ => self.delete_group().await,
        }
    }

    async fn create_customer(&mut self) {
        let customer = NewCustomer::of(any_email(&mut self.random));
        let now = at(self.random.random_range(1..60));
        let created = self.engine.write(self.id, BY, CreateCustomer { customer, now }).await;
        self.customers.extend(unless_in_use(created));
    }

    async fn change_customer(&mut self, customer: CustomerId) {
        let mut change = any_change(&mut self.random, &self.groups);
        if self.random.random_bool(0.2) {
            change.email = Some(any_email(&mut self.random));
        }
        let now = at(self.random.random_range(10..60));
        unless_in_use(self.engine.write(self.id, BY, ChangeCustomer { customer, change, now }).await);
    }

    async fn delete_contact(&mut self, customer: CustomerId) {
        let book = contact_book(self.engine, self.id, customer).await.unwrap();
        let ids: Vec<_> = book.contacts().iter().map(|contact| contact.id).collect();
        if !ids.is_empty() {
            let contact = any_of(&mut self.random, &ids);
            self.engine.write(self.id, BY, DeleteContact { customer, contact, now: at(3) }).await.unwrap();
        }
    }

    /// Records an order of this customer or of any e-mail address, which may be nobody's yet.
    async fn record_order(&mut self, customer: CustomerId) {
        let random = &mut self.random;
        let of_customer = random.random_bool(0.7);
        let mut ids: Vec<_> = (0..random.random_range(0..4)).map(|_| any_of(random, &PRODUCTS)).collect();
        ids.sort_unstable();
        ids.dedup();
        let product = |id| OrderedProduct { id: ProductId::new(id).unwrap(), name: any_text(random) };
        let products = ids.into_iter().map(product).collect();
        let order = RecordOrder {
            customer: of_customer.then_some(customer),
            email: (!of_customer || random.random_bool(0.5)).then(|| any_email(random)),
            total: Money::from_units(random.random_range(0..20) * 5_000),
            created: at(random.random_range(1..60)),
            products,
            document: "{}".to_owned(),
            keys: (0..3).map(|_| OrderKey::generate(random)).collect(),
            now: at(random.random_range(10..60)),
        };
        let (number, _) = self.engine.write(self.id, BY, order).await.unwrap();
        self.orders.push(number);
    }

    async fn delete_order(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let number = self.orders.swap_remove(self.random.random_range(0..self.orders.len()));
        let order = DeleteOrder { order: OrderName::Number(number), now: at(3) };
        self.engine.write(self.id, BY, order).await.unwrap();
    }

    async fn create_group(&mut self) {
        let name = GroupName::new(&any_text(&mut self.random)).unwrap();
        let group = NewGroup { name, external_reference: None };
        let created = self.engine.write(self.id, BY, CreateGroup { group, now: at(2) }).await;
        self.groups.extend(unless_in_use(created));
    }

    async fn rename_group(&mut self) {
        let group = any_of(&mut self.random, &self.groups);
        if group != GroupId::GENERAL {
            let name = Some(GroupName::new(&any_text(&mut self.random)).unwrap());
            let change = GroupChange { name, ..GroupChange::default() };
            unless_in_use(self.engine.write(self.id, BY, ChangeGroup { group, change, now: at(3) }).await);
        }
    }

    async fn delete_group(&mut self) {
        let group = any_of(&mut self.random, &self.groups);
        if group != GroupId::GENERAL {
            delete_group(self.engine, self.id, BY, group, || Ok(at(4))).await.unwrap();
            self.groups.retain(|&other| other != group);
        }
    }
}

/// What a write answered; `None` when the name or the e-mail address is another one's.
fn unless_in_use<T>(outcome: Result<T, OperationError>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(error.to_string().contains("already exists"), "{error}");
            None
        }
    }
}
