//! What an import makes of files as they come.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    AddressEntry, City, ContactNote, ContactType, CustomerChange, CustomerId, CustomerSearch, CustomerSort,
    EmailAddress, ExtraFieldTitle, ExtraFieldType, ExtraFieldValue, FieldChange, GroupFilter, GroupId,
    GroupName, NewContact, PhoneNumber, SortField, Street, WhereaboutsChange,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use super::random_values::{any_change, any_contact, any_of};
use super::transfer::*;
use crate::{
    ChangeCustomer, CustomerWithContacts, ImportConflict, ImportOutcome, ImportRules, Imported,
    ImportedCustomer, ImportedExtraField, ImportedGroup, ImportedPart, LeftOutReason, ListExtraFields,
    ListGroups, Lists, MatchBy, Missing, Only, OperationError, SearchCustomerIds, Unfit, WithoutEmail,
};

async fn plain<E: Engine>(engine: &E, lines: Vec<ImportedCustomer>) -> Vec<Imported> {
    import_by(engine, ImportRules::default(), lines).await
}

fn line(email: &str) -> ImportedCustomer {
    ImportedCustomer { registered: None, ..imported(None, email) }
}

fn told(imported: &[Imported]) -> Vec<&'static str> {
    let name = |line: &Imported| match line.outcome {
        ImportOutcome::Created(_) => "created",
        ImportOutcome::Updated(_) => "updated",
        ImportOutcome::Unchanged(_) => "unchanged",
        ImportOutcome::PassedOver => "passed over",
        ImportOutcome::Conflict(_) => "conflict",
        ImportOutcome::Unfit => "unfit",
        ImportOutcome::Refused(_) => "refused",
    };
    imported.iter().map(name).collect()
}

fn created(imported: &Imported) -> CustomerId {
    let ImportOutcome::Created(id) = imported.outcome else { panic!("{imported:?}") };
    id
}

async fn found<E: Engine>(engine: &E, id: CustomerId) -> CustomerWithContacts {
    whole_customer(engine, STORE, id).await.unwrap()
}

pub async fn ids_in_a_file_are_passed_over_and_spend_nothing<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let last = CustomerId::new(2_147_483_646).ok();
    let lines = vec![
        ImportedCustomer { id: Some(anna), ..of_name(line("new@example.com"), "New") },
        ImportedCustomer { id: last, ..line("last@example.com") },
    ];
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["created", "created"]);
    assert!(found(&engine, anna).await.customer.name.is_none());
    assert!(created(&first[1]).get() < 1_000);
    create_customer(&engine, "next@example.com").await;
    assert_eq!(told(&plain(&engine, lines).await), ["unchanged", "unchanged"]);
}

pub async fn two_references_with_one_email_are_a_conflict<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let office =
        |reference: &str, email: &str, name: &str| of_name(with_reference(line(email), reference), name);
    let lines = vec![
        office("A1", "office@example.com", "Mira"),
        office("A2", "office@example.com", "Tom"),
        office("A3", "OFFICE@example.com", "Lea"),
        office("B1", "bert@example.com", "Bert"),
    ];
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["created", "conflict", "conflict", "created"]);
    let ImportOutcome::Conflict(ImportConflict::OtherReference { ours, theirs, .. }) = &first[1].outcome
    else {
        panic!("{first:?}")
    };
    assert_eq!((ours.as_str(), theirs.as_str()), ("A1", "A2"));
    assert_eq!(told(&plain(&engine, lines).await), ["unchanged", "conflict", "conflict", "unchanged"]);
    let of_two = plain(&engine, vec![office("A1", "bert@example.com", "Mira")]).await;
    assert!(
        matches!(of_two[0].outcome, ImportOutcome::Conflict(ImportConflict::TwoCustomers { .. })),
        "{of_two:?}"
    );
    assert_eq!(found(&engine, created(&first[0])).await.customer.name.unwrap().as_str(), "Mira");
}

pub async fn line_without_keys_is_matched_by_its_contacts<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    create(&engine, anna, phone("+1 234")).await;
    create_customer(&engine, "bert@example.com").await;
    let lines = vec![
        with_contacts(of_name(line(""), "Anna"), &[phone("+1234"), phone("+1 567")]),
        with_contacts(of_name(line(""), "Somebody else"), &[phone("+1-234")]),
    ];
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["updated", "conflict"]);
    assert_eq!(phones(&engine, anna).await.len(), 2);
    assert_eq!(told(&plain(&engine, lines).await), ["unchanged", "conflict"]);
    let link = of_type(ContactType::Url, "https://Example.com/anna");
    create(&engine, anna, link).await;
    let by_link = with_contacts(line(""), &[of_type(ContactType::Url, "https://example.com/anna/")]);
    assert_eq!(told(&plain(&engine, vec![by_link]).await), ["unchanged"]);
}

fn to(street: &str, city: &str) -> AddressEntry {
    let whereabouts = WhereaboutsChange {
        street: Street::new(street).map_or(FieldChange::Keep, FieldChange::Set),
        city: FieldChange::Set(City::new(city).unwrap()),
        ..WhereaboutsChange::default()
    };
    AddressEntry { whereabouts, ..AddressEntry::default() }
}

pub async fn same_file_again_changes_nothing<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let other_default = NewContact { default: true, ..of_type(ContactType::Email, "other@example.com") };
    let lines = vec![
        with_contacts(of_name(line("anna@example.com"), "Anna"), &[default_phone("1"), default_phone("2")]),
        with_contacts(line("bert@example.com"), &[other_default, phone("1")]),
        ImportedCustomer {
            addresses: Some(vec![to("", "Oslo"), to("Main 1", "Oslo"), to("Main 1", "Oslo")]),
            ..line("carl@example.com")
        },
    ];
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["created"; 3]);
    for lists in [Lists::Add, Lists::Replace, Lists::Add] {
        let again = import_by(&engine, ImportRules { lists, ..ImportRules::default() }, lines.clone()).await;
        assert_eq!(told(&again), ["unchanged"; 3], "{lists:?}");
    }
    let carl = found(&engine, created(&first[2])).await;
    assert_eq!(carl.customer.addresses.addresses().len(), 3);
    assert_eq!(carl.contacts.contacts().len(), 1, "the own e-mail stays");
}

pub async fn later_line_of_a_customer_adds_what_is_not_known<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let with_city = |customer: ImportedCustomer, city: &str| {
        let mut customer = customer;
        customer.details.billing.city = FieldChange::Set(City::new(city).unwrap());
        customer
    };
    let lines = vec![
        with_contacts(with_city(of_name(line("anna@example.com"), "Anna"), "Oslo"), &[phone("1")]),
        with_contacts(with_city(of_name(line("ANNA@example.com"), "anna"), "Bergen"), &[phone("2")]),
        of_name(line("anna@example.com"), "Tom"),
    ];
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["created", "updated", "conflict"]);
    assert_eq!(first[1].left_out[0].part, ImportedPart::Fields);
    let anna = found(&engine, created(&first[0])).await;
    assert_eq!(anna.customer.details.billing.city.as_ref().unwrap().as_str(), "Oslo");
    assert_eq!(anna.contacts.contacts().len(), 3);
    assert_eq!(told(&plain(&engine, lines).await), ["unchanged", "unchanged", "conflict"]);
    assert_eq!(found(&engine, anna.customer.id).await, anna);
}

pub async fn lists_add_by_default_and_keep_the_own_email_when_they_replace<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    create(&engine, anna, phone("1")).await;
    let note = NewContact { note: ContactNote::optional("at noon").unwrap(), ..phone("1") };
    let lines = vec![with_contacts(line("anna@example.com"), &[note, phone("2")])];
    assert_eq!(told(&plain(&engine, lines).await), ["updated"]);
    let known = contacts(&engine, anna).await;
    assert_eq!(known.len(), 3);
    assert!(known.iter().any(|contact| contact.note.is_some()));
    let replace = ImportRules { lists: Lists::Replace, ..ImportRules::default() };
    let lines = vec![with_contacts(line("anna@example.com"), &[phone("3")])];
    assert_eq!(told(&import_by(&engine, replace, lines).await), ["updated"]);
    let known: Vec<_> =
        contacts(&engine, anna).await.iter().map(|it| it.address.contact().to_string()).collect();
    assert_eq!(known, ["anna@example.com", "3"]);
    let many: Vec<_> = (0..500).map(|number| phone(&format!("9{number}"))).collect();
    let full = plain(&engine, vec![with_contacts(line("anna@example.com"), &many)]).await;
    assert_eq!((told(&full)[0], full[0].left_out.len()), ("updated", 2));
    assert_eq!(contacts(&engine, anna).await.len(), 500);
    let strict = ImportRules { unfit: Unfit::RejectLine, ..ImportRules::default() };
    let full = import_by(&engine, strict, vec![with_contacts(line("anna@example.com"), &many)]).await;
    assert_eq!((told(&full)[0], full[0].left_out.len()), ("unfit", 2));
}

pub async fn only_creates_or_only_updates<E: Engine>(engine: E) {
    shop(&engine).await;
    let lines = vec![of_name(line("anna@example.com"), "Anna"), of_name(line("bert@example.com"), "Bert")];
    let only = |only| ImportRules { only: Some(only), ..ImportRules::default() };
    let updates = import_by(&engine, only(Only::Update), lines.clone()).await;
    assert_eq!(told(&updates), ["updated", "passed over"]);
    let creates = import_by(&engine, only(Only::Create), lines).await;
    assert_eq!(told(&creates), ["passed over", "created"]);
}

fn in_group(customer: ImportedCustomer, id: i64, name: &str) -> ImportedCustomer {
    let group = ImportedGroup {
        id: GroupId::new(id).ok(),
        name: GroupName::optional(name).unwrap(),
        external_reference: None,
    };
    ImportedCustomer { group: FieldChange::Set(group), ..customer }
}

fn with_field(customer: ImportedCustomer, title: &str, value: &str) -> ImportedCustomer {
    let mut customer = customer;
    customer.extra_fields.push(ImportedExtraField {
        key: None,
        title: ExtraFieldTitle::optional(title).unwrap(),
        field_type: Some(ExtraFieldType::Text),
        value: ExtraFieldValue::optional(value).unwrap(),
    });
    customer
}

async fn group_names<E: Engine>(engine: &E) -> Vec<String> {
    let page = PageRequest::at(0, 100);
    let listed = engine.read(STORE, ListGroups { filter: GroupFilter::default(), page }).await.unwrap();
    listed.items.into_iter().map(|group| group.name.to_string()).collect()
}

pub async fn groups_and_fields_are_found_by_name_or_made<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let lines = vec![
        with_field(in_group(line("a@example.com"), 1, "VIP"), "Size", "L"),
        with_field(in_group(line("b@example.com"), 2, "Bad payers"), "size", "M"),
        in_group(line("c@example.com"), 1, "vip"),
        in_group(line("d@example.com"), 7, "general"),
        in_group(line("e@example.com"), 0, ""),
    ];
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["created"; 5]);
    assert!(first.iter().all(|line| line.left_out.is_empty()), "{first:?}");
    assert_eq!(group_names(&engine).await, ["General", "VIP", "Bad payers"]);
    let fields = engine.read(STORE, ListExtraFields).await.unwrap().items;
    assert_eq!(fields.len(), 1);
    let (a, c) = (found(&engine, created(&first[0])).await, found(&engine, created(&first[2])).await);
    assert_eq!((a.group_name.as_str(), a.customer.group), ("VIP", c.customer.group));
    assert_eq!(a.customer.extra_fields[&fields[0].id].as_str(), "L");
    assert_eq!(told(&plain(&engine, lines).await), ["unchanged"; 5]);
    assert_eq!(group_names(&engine).await.len(), 3);
}

pub async fn groups_and_fields_that_are_not_to_be_made_are_left_out<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let rules = || ImportRules {
        new_groups: Missing::LeaveOut,
        new_fields: Missing::LeaveOut,
        ..ImportRules::default()
    };
    let lines = vec![
        with_field(in_group(line("a@example.com"), 1, "VIP"), "Size", "L"),
        in_group(line("b@example.com"), 7, ""),
    ];
    let imported = import_by(&engine, rules(), lines.clone()).await;
    assert_eq!(told(&imported), ["created", "created"]);
    let parts: Vec<_> = imported[0].left_out.iter().map(|left| left.part.clone()).collect();
    assert_eq!(parts, [ImportedPart::Group, ImportedPart::ExtraField(0)]);
    assert_eq!(imported[1].left_out[0].reason, LeftOutReason::GroupNumber);
    assert_eq!(group_names(&engine).await, ["General"]);
    let strict = ImportRules { unfit: Unfit::RejectLine, ..rules() };
    let strict = import_by(&engine, strict, vec![in_group(line("c@example.com"), 1, "VIP")]).await;
    assert_eq!(told(&strict), ["unfit"]);
}

pub async fn dry_run_tells_the_same_and_writes_nothing<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let mut lines = vec![
        of_name(line("anna@example.com"), "Anna"),
        with_field(in_group(of_name(line("b@example.com"), "Bert"), 1, "VIP"), "Size", "L"),
        with_contacts(of_name(line("b@example.com"), "Bert"), &[phone("1")]),
        of_name(line("B@example.com"), "Tom"),
        with_contacts(line("anna@example.com"), &[phone("2")]),
        in_group(line("c@example.com"), 3, "vip"),
        with_contacts(line(""), &[phone("1")]),
        with_reference(line("d@example.com"), "R1"),
        with_reference(line("e@example.com"), "R1"),
    ];
    lines.extend((0..700).map(|number| line(&format!("many{}@example.com", number % 650))));
    let before = found(&engine, anna).await;
    let dry = ImportRules { dry_run: true, ..ImportRules::default() };
    let rehearsed = import_by(&engine, dry, lines.clone()).await;
    assert_eq!(found(&engine, anna).await, before);
    assert_eq!(group_names(&engine).await, ["General"]);
    let done = plain(&engine, lines.clone()).await;
    assert_eq!(told(&rehearsed), told(&done));
    let dry = ImportRules { dry_run: true, ..ImportRules::default() };
    assert_eq!(told(&import_by(&engine, dry, lines.clone()).await), told(&plain(&engine, lines).await));
}

/// Customers drawn at random, some of whom are the same, in a store in which some of them are already.
pub async fn any_customers_imported_twice_are_a_fixed_point<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut random = StdRng::seed_from_u64(5);
    for round in 0..4 {
        let mut any_line = |number: i32| {
            let CustomerChange { name, details, addresses, .. } =
                any_change(&mut random, &[GroupId::GENERAL]);
            let contacts = (0..random.random_range(0..5)).map(|_| {
                let default = random.random_bool(0.3);
                NewContact { default, ..any_contact(&mut random) }
            });
            let contacts = Some(contacts.collect());
            let email = format!("c{}@example.com", number % 70 + round);
            let mut said = ImportedCustomer { name, details, addresses, contacts, ..line(&email) };
            if random.random_bool(0.1) {
                said = with_reference(said, &format!("R{}", random.random_range(0..30)));
            }
            if random.random_bool(0.2) {
                said.email = None;
            }
            said = in_group(said, 1, any_of(&mut random, &["VIP", "Straße", "STRASSE", ""]));
            with_field(said, any_of(&mut random, &["Size", "SIZE", "Born"]), "5")
        };
        let lines: Vec<_> = (0..90).map(&mut any_line).collect();
        let lists = any_of(&mut random, &[Lists::Add, Lists::Replace]);
        let rules = || ImportRules { lists, ..ImportRules::default() };
        let dry = import_by(&engine, ImportRules { dry_run: true, ..rules() }, lines.clone()).await;
        let first = import_by(&engine, rules(), lines.clone()).await;
        assert_eq!(told(&dry), told(&first), "round {round}");
        let again = import_by(&engine, rules(), lines.clone()).await;
        for ((line, first), again) in lines.iter().zip(&first).zip(&again) {
            let changes = matches!(again.outcome, ImportOutcome::Created(_) | ImportOutcome::Updated(_));
            assert!(!changes, "round {round}: {line:#?} was {first:?}, is {again:?}");
        }
    }
}

pub async fn people_without_email_are_kept_and_known_again_by_their_contacts<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let mut in_billing = of_name(line(""), "Ivo");
    in_billing.details.billing.phone = FieldChange::Set(PhoneNumber::new("+385 1 555 0102").unwrap());
    let lines = vec![
        with_contacts(of_name(line(""), "Ana"), &[phone("+34 555 0103")]),
        in_billing,
        with_contacts(of_name(line(""), "Link"), &[of_type(ContactType::Telegram, "https://t.me/link")]),
        of_name(line(""), "Nobody"),
        of_name(line("mira@example.com"), "Mira"),
    ];
    let reject = ImportRules { without_email: WithoutEmail::Reject, ..ImportRules::default() };
    let rejected = import_by(&engine, ImportRules { dry_run: true, ..reject }, lines.clone()).await;
    assert_eq!(told(&rejected), ["refused", "refused", "refused", "refused", "created"]);
    let first = plain(&engine, lines.clone()).await;
    assert_eq!(told(&first), ["created", "created", "created", "refused", "created"]);
    let ana = found(&engine, created(&first[0])).await;
    assert_eq!((ana.customer.email, ana.contacts.contacts().len()), (None, 1));
    let again = plain(&engine, lines).await;
    assert_eq!(told(&again), ["unchanged", "unchanged", "unchanged", "refused", "unchanged"]);
    let sort = Some(CustomerSort { field: SortField::Email, descending: false });
    for descending in [false, true] {
        let sort = sort.map(|sort| CustomerSort { descending, ..sort });
        let search = SearchCustomerIds { search: CustomerSearch::default(), sort };
        let sorted = engine.read(STORE, search).await.unwrap();
        assert_eq!(sorted[0], created(&first[4]), "who has no e-mail comes last");
    }
}

pub async fn first_email_of_a_customer_becomes_a_contact<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let person = |number: &str, email: &str| with_contacts(line(email), &[phone(number)]);
    let first = plain(&engine, vec![person("1", ""), person("2", "")]).await;
    let (one, other) = (created(&first[0]), created(&first[1]));
    let to = |text: &str| CustomerChange { email: EmailAddress::new(text).ok(), ..CustomerChange::default() };
    let change = |customer, change| ChangeCustomer { customer, change, now: at(5) };
    engine.write(STORE, BY, change(one, to("one@example.com"))).await.unwrap();
    let refused = engine.write(STORE, BY, change(other, to("ONE@example.com"))).await;
    assert!(matches!(refused, Err(OperationError::EmailInUse { .. })), "{refused:?}");
    let with_reference = vec![with_reference(line("other@example.com"), "R1")];
    let by_id = ImportRules {
        match_by: vec![MatchBy::ExternalReferenceId, MatchBy::Email, MatchBy::Id],
        ..ImportRules::default()
    };
    let lines: Vec<_> =
        with_reference.into_iter().map(|line| ImportedCustomer { id: Some(other), ..line }).collect();
    assert_eq!(told(&import_by(&engine, by_id, lines).await), ["updated"]);
    for (customer, text) in [(one, "one@example.com"), (other, "other@example.com")] {
        let found = found(&engine, customer).await;
        assert_eq!(found.customer.email.unwrap().as_str(), text);
        let contacts = found.contacts.contacts();
        let own = contacts.iter().find(|contact| contact.contact_type() == ContactType::Email).unwrap();
        assert_eq!((own.address.contact().as_str(), own.default, contacts.len()), (text, true, 2));
    }
}
