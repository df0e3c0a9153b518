//! Customers that go to files and come from files.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use shopfolk_model::{
    CustomerId, CustomerName, EmailAddress, ExternalReferenceId, ExtraFieldKey, FieldChange, NewContact,
    Timestamp,
};
use shopfolk_store::Engine;
use tokio::sync::mpsc;

use super::fixture::*;
use crate::{
    CustomerExtent, CustomerImport, CustomerWithContacts, DeleteCustomer, ExportCustomers, Exported,
    ImportConflict, ImportCustomers, ImportOutcome, ImportRules, Imported, ImportedCustomer, Lists, MatchBy,
};

pub(super) fn imported(id: Option<CustomerId>, email: &str) -> ImportedCustomer {
    let email = EmailAddress::new(email).ok();
    ImportedCustomer { id, registered: Some(at(77)), email, ..ImportedCustomer::default() }
}

pub(super) fn with_contacts(customer: ImportedCustomer, contacts: &[NewContact]) -> ImportedCustomer {
    ImportedCustomer { contacts: Some(contacts.to_vec()), ..customer }
}

pub(super) fn of_name(mut customer: ImportedCustomer, name: &str) -> ImportedCustomer {
    customer.name = FieldChange::Set(CustomerName::new(name).unwrap());
    customer
}

/// What is asked for where the numbers of a file are ours.
fn of_this_store() -> ImportRules {
    ImportRules {
        match_by: vec![MatchBy::Id, MatchBy::ExternalReferenceId, MatchBy::Email],
        lists: Lists::Replace,
        same_store: true,
        ..ImportRules::default()
    }
}

/// The first portion of an import of these lines, for which the numbers of the file are ours.
pub fn import_of(customers: Arc<[ImportedCustomer]>, now: Timestamp) -> ImportCustomers {
    ImportCustomers::new(of_this_store(), [], customers, now)
}

pub(super) async fn import<E: Engine>(engine: &E, customers: Vec<ImportedCustomer>) -> Vec<ImportOutcome> {
    let imported = import_by(engine, of_this_store(), customers).await;
    imported.into_iter().map(|line| line.outcome).collect()
}

pub(super) async fn import_by<E: Engine>(
    engine: &E,
    rules: ImportRules,
    customers: Vec<ImportedCustomer>,
) -> Vec<Imported> {
    let mut random = StdRng::seed_from_u64(1);
    let keys = (0..CustomerImport::FIELD_KEYS).map(|_| ExtraFieldKey::generate(&mut random));
    let mut import = CustomerImport::new(STORE, rules, keys);
    let mut imported = Vec::new();
    let customers: Arc<[_]> = customers.into();
    while imported.len() < customers.len() {
        let some = import.portion(engine, &customers, imported.len(), at(9)).await.unwrap();
        assert!(!some.is_empty(), "it goes on");
        imported.extend(some);
    }
    imported
}

/// What is exported, with the extent if it is measured.
async fn export<E: Engine>(engine: &E, measure: bool) -> (Option<CustomerExtent>, Vec<CustomerWithContacts>) {
    let (taker, mut taken) = mpsc::channel(1);
    let reading = engine.clone();
    let export = ExportCustomers { measure, whole: false, taker };
    let read = tokio::spawn(async move { reading.read_alone(STORE, export).await });
    let mut extents = Vec::new();
    let mut exported = Vec::new();
    while let Some(part) = taken.recv().await {
        match part {
            Exported::Extent(extent) => {
                assert!(exported.is_empty(), "the extent comes first");
                extents.push(extent);
            }
            Exported::Customers(customers) => exported.extend(customers),
            Exported::Damaged(rows) => panic!("{rows} rows are damaged"),
            Exported::Definitions(..) | Exported::Orders(_) => panic!("only customers are wanted"),
        }
    }
    read.await.unwrap().unwrap();
    assert_eq!(extents.len(), usize::from(measure));
    (extents.pop(), exported)
}

pub async fn imported_customers_are_created_changed_or_left_as_they_are<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let new = with_contacts(imported(None, "new@example.com"), &[phone("1")]);
    let batch = vec![
        new.clone(),
        of_name(imported(None, "ANNA@example.com"), "Anna"),
        imported(Some(anna), "anna@example.com"),
    ];
    let outcomes = import(&engine, batch).await;
    let [ImportOutcome::Created(created), ImportOutcome::Updated(updated), _] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(updated, anna);
    let found = whole_customer(&engine, STORE, created).await.unwrap();
    // Nobody was changed before they were registered, whatever time it is here.
    assert_eq!((found.customer.registered, found.customer.updated), (at(77), at(77)));
    assert_eq!(found.contacts.contacts().len(), 2);
    // The address is in other letters now: once more, then nothing is left to do.
    import(&engine, vec![of_name(imported(None, "ANNA@example.com"), "Anna")]).await;
    let contacts: Vec<_> =
        found.contacts.contacts().iter().map(|contact| NewContact::from(&**contact)).collect();
    let again = vec![
        with_contacts(imported(Some(created), "new@example.com"), &contacts),
        of_name(imported(Some(anna), "ANNA@example.com"), "Anna"),
    ];
    for outcome in import(&engine, again).await {
        assert!(matches!(outcome, ImportOutcome::Unchanged(_)), "{outcome:?}");
    }
    assert_eq!(whole_customer(&engine, STORE, created).await.unwrap(), found);
}

pub async fn importing_again_takes_no_ids<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let file = || {
        let contacts = [phone("1"), phone("2")];
        vec![with_contacts(imported(Some(anna), "anna@example.com"), &contacts)]
    };
    import(&engine, file()).await;
    let before = create(&engine, anna, phone("3")).await.id.get();
    import(&engine, file()).await;
    let grown = with_contacts(imported(Some(anna), "anna@example.com"), &[phone("4")]);
    assert!(matches!(import(&engine, vec![grown]).await[..], [ImportOutcome::Updated(_)]));
    assert_eq!(create(&engine, anna, phone("5")).await.id.get(), before + 2);
}

pub(super) fn with_reference(mut customer: ImportedCustomer, reference: &str) -> ImportedCustomer {
    let reference = ExternalReferenceId::new(reference).unwrap();
    customer.details.external_reference = FieldChange::Set(reference);
    customer
}

pub(super) async fn email_of<E: Engine>(engine: &E, customer: CustomerId) -> String {
    whole_customer(engine, STORE, customer).await.unwrap().customer.email.unwrap().to_string()
}

pub async fn imported_customer_is_matched_by_an_id_that_nothing_speaks_against_then_reference_then_email<
    E: Engine,
>(
    engine: E,
) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    let updated = async |line: ImportedCustomer| match import(&engine, vec![line]).await[..] {
        [ImportOutcome::Updated(id)] => id,
        ref outcomes => panic!("{outcomes:?}"),
    };
    let by_email = with_reference(imported(Some(anna), "BERT@example.com"), "their 7");
    assert_eq!(updated(by_email).await, bert);
    let by_reference = with_reference(imported(Some(anna), "bertha@example.com"), "their 7");
    assert_eq!(updated(by_reference).await, bert);
    assert_eq!(email_of(&engine, bert).await, "bertha@example.com");
    let nothing_speaks = ImportedCustomer { id: Some(anna), ..of_name(imported(None, ""), "Anna") };
    assert_eq!(updated(nothing_speaks).await, anna);
    let email_speaks_for_it = with_reference(imported(Some(anna), "ANNA@example.com"), "their 1");
    assert_eq!(updated(email_speaks_for_it).await, anna);
    let reference_speaks_for_it = with_reference(imported(Some(anna), "anne@example.com"), "their 1");
    assert_eq!(updated(reference_speaks_for_it).await, anna);

    let reference_speaks_against_it = with_reference(imported(Some(anna), "other@example.com"), "their 2");
    let email_speaks_against_it = imported(Some(bert), "another@example.com");
    for somebody_else in [reference_speaks_against_it, email_speaks_against_it] {
        let outcomes = import(&engine, vec![somebody_else]).await;
        let [ImportOutcome::Created(new)] = outcomes[..] else { panic!("{outcomes:?}") };
        assert!(new > bert);
    }
    assert_eq!(email_of(&engine, anna).await, "anne@example.com");
    assert_eq!(email_of(&engine, bert).await, "bertha@example.com");
}

pub async fn refused_import_harms_no_neighbour_and_no_id_comes_back<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let bert = create_customer(&engine, "bert@example.com").await;
    engine.write(STORE, BY, DeleteCustomer { customer: bert, now: at(3) }).await.unwrap();
    let nobody = imported(None, "");
    import(&engine, vec![with_reference(imported(Some(anna), "anna@example.com"), "their 1")]).await;
    let taken = with_reference(imported(Some(anna), "carl@example.com"), "their 1");
    let batch = vec![
        imported(None, "carl@example.com"),
        nobody,
        taken,
        imported(Some(bert), "bert@example.com"),
        imported(None, "dora@example.com"),
        imported(None, "DORA@example.com"),
    ];
    let outcomes = import(&engine, batch).await;
    let [
        ImportOutcome::Created(_),
        ImportOutcome::Refused(nobody),
        ImportOutcome::Conflict(ImportConflict::TwoCustomers { .. }),
        ImportOutcome::Created(again),
        ImportOutcome::Created(_),
        ImportOutcome::Unchanged(_),
    ] = &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert_eq!(nobody.to_string(), "a new customer must have an email or a contact");
    assert_ne!(*again, bert, "the id of a deleted customer is not given again");
}

pub async fn export_hands_over_every_customer_as_it_is<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    assert_eq!(export(&engine, false).await.1, []);
    assert_eq!(export(&engine, true).await, (Some(CustomerExtent::default()), Vec::new()));
    let mut customers = Vec::new();
    for number in 0..1_203 {
        let contacts = [phone(&number.to_string())];
        customers.push(with_contacts(imported(None, &format!("c{number}@example.com")), &contacts));
    }
    import(&engine, customers).await;
    let (_, exported) = export(&engine, false).await;
    assert_eq!(exported.len(), 1_203);
    assert!(exported.is_sorted_by_key(|item| item.customer.id));
    for item in exported.iter().step_by(100) {
        let found = whole_customer(&engine, STORE, item.customer.id).await.unwrap();
        assert_eq!(*item, found);
    }
    let many = (0..7).map(|number| phone(&format!("1{number}"))).collect::<Vec<_>>();
    import(&engine, vec![with_contacts(imported(None, "many@example.com"), &many)]).await;
    let (extent, exported) = export(&engine, true).await;
    // With its e-mail address.
    assert_eq!((extent.unwrap().contacts, exported.len()), (8, 1_204));
    // A taker that goes away ends it.
    for measure in [false, true] {
        let (taker, taken) = mpsc::channel(1);
        drop(taken);
        engine.read_alone(STORE, ExportCustomers { measure, whole: false, taker }).await.unwrap();
    }
}
