//! What a store has besides customers, handed over and brought into another.

use shopfolk_model::{
    CustomerId, EmailAddress, ExternalReferenceId, ExtraField, ExtraFieldKey, ExtraFieldTitle,
    ExtraFieldType, GroupName, Money, NewExtraField, NewGroup, Order, OrderKey, OrderNumber, OrderedProduct,
    ProductId, StoreId,
};
use shopfolk_store::Engine;
use tokio::sync::mpsc;

use super::fixture::*;
use crate::{
    DeleteOrder, ExportCustomers, Exported, ExtraFieldDefinition, GetOrder, ImportExtraFields, ImportGroups,
    ImportOrders, ImportedOrder, OrderName,
};

fn order(number: i64, key: &str, customer: Option<CustomerId>, total: &str) -> Order {
    Order {
        number: OrderNumber::new(number).unwrap(),
        key: OrderKey::new(key).unwrap(),
        customer,
        email: EmailAddress::new("anna@example.com").unwrap(),
        total: Money::parse(total).unwrap(),
        created: at(number.min(1_000)),
        products: vec![OrderedProduct { id: ProductId::new(5).unwrap(), name: "Tea".to_owned() }],
        document: r#"{"z":1}"#.to_owned(),
    }
}

async fn import<E: Engine>(engine: &E, orders: &[Order]) -> Vec<ImportedOrder> {
    engine.write(STORE, BY, ImportOrders { orders: orders.to_vec(), now: at(99) }).await.unwrap()
}

async fn get<E: Engine>(engine: &E, key: OrderKey) -> Order {
    engine.read(STORE, GetOrder { order: OrderName::Key(key) }).await.unwrap()
}

pub async fn orders_of_elsewhere_keep_their_keys_dates_and_free_numbers<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let orders = [
        order(7, "AAAAA", Some(anna), "10"),
        order(9, "BBBBB", None, "5"),
        order(12, "CCCCC", Some(anna), "2.5"),
    ];
    let created: Vec<_> = orders.iter().map(|order| ImportedOrder::Created(order.number)).collect();
    assert_eq!(import(&engine, &orders).await, created);
    for order in &orders {
        assert_eq!(get(&engine, order.key).await, *order);
    }
    let statistics = whole_customer(&engine, STORE, anna).await.unwrap().customer.orders;
    assert_eq!((statistics.orders, statistics.sales), (2, Money::parse("12.5").unwrap()));
    assert_eq!((statistics.first, statistics.last), (Some(at(7)), Some(at(12))));
    // The same again is there.
    assert_eq!(import(&engine, &orders).await, [ImportedOrder::Known; 3]);

    // A number that an order had is not given again, nor one that would use up all others; another order with a key of one that is
    // there is another order.
    engine
        .write(STORE, BY, DeleteOrder { order: OrderName::Number(orders[0].number), now: at(99) })
        .await
        .unwrap();
    let unknown = CustomerId::new(4_711).unwrap();
    let others = [
        order(7, "DDDDD", Some(anna), "1"),
        order(OrderNumber::MAXIMUM.get(), "EEEEE", Some(anna), "1"),
        order(13, "BBBBB", Some(anna), "1"),
        order(14, "FFFFF", Some(unknown), "1"),
        Order { created: at(15), ..order(15, "DDDDD", Some(anna), "1") },
    ];
    let outcomes = import(&engine, &others).await;
    let number = |place: usize| match outcomes[place] {
        ImportedOrder::Created(number) => number.get(),
        other => panic!("{other:?}"),
    };
    assert!(number(0) > 12 && number(1) > 12 && number(1) < 1_000_000, "{outcomes:?}");
    assert_eq!(
        outcomes[2..],
        [ImportedOrder::KeyInUse, ImportedOrder::CustomerMissing, ImportedOrder::KeyInUse]
    );
    assert_eq!(whole_customer(&engine, STORE, anna).await.unwrap().customer.orders.orders, 3);
}

fn field(title: &str, key: &str) -> ExtraFieldDefinition {
    let title = ExtraFieldTitle::new(title).unwrap();
    ExtraFieldDefinition {
        key: ExtraFieldKey::new(key).unwrap(),
        field: NewExtraField { title, field_type: ExtraFieldType::DateTime, shown_on_order_details: true },
        created: at(3),
        modified: at(4),
    }
}

/// The groups and extra fields, the ids of the customers, and the orders.
async fn whole<E: Engine>(
    engine: &E,
    store: StoreId,
) -> (Vec<(GroupName, Option<ExternalReferenceId>)>, Vec<ExtraField>, Vec<CustomerId>, Vec<Order>) {
    let (taker, mut taken) = mpsc::channel(1);
    let reading = engine.clone();
    let export = ExportCustomers { measure: false, whole: true, taker };
    let read = tokio::spawn(async move { reading.read_alone(store, export).await });
    let (mut groups, mut fields, mut customers, mut orders) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    while let Some(part) = taken.recv().await {
        match part {
            Exported::Definitions(its_groups, its_fields) => {
                assert!(customers.is_empty(), "what customers have comes before them");
                groups.extend(its_groups.into_iter().map(|group| (group.name, group.external_reference)));
                fields = its_fields;
            }
            Exported::Customers(more) => {
                assert!(orders.is_empty(), "who ordered comes before the orders");
                customers.extend(more.into_iter().map(|customer| customer.customer.id));
            }
            Exported::Orders(more) => orders.extend(more),
            other @ (Exported::Extent(_) | Exported::Damaged(_)) => panic!("{other:?}"),
        }
    }
    read.await.unwrap().unwrap();
    (groups, fields, customers, orders)
}

pub async fn groups_and_extra_fields_of_elsewhere_are_made_once<E: Engine>(engine: E) {
    let anna = shop(&engine).await;
    let group = |name: &str, reference: Option<&str>| NewGroup {
        name: GroupName::new(name).unwrap(),
        external_reference: reference.map(|reference| ExternalReferenceId::new(reference).unwrap()),
    };
    let groups = vec![group("VIP", Some("v")), group("Wholesale", None), group("general", Some("g"))];
    let make = async |groups| engine.write(STORE, BY, ImportGroups { groups, now: at(5) }).await.unwrap();
    assert_eq!(make(groups.clone()).await, 2);
    assert_eq!(make(groups).await, 0);
    // One has the name and another the reference: the name counts, and a reference is there once.
    assert_eq!(make(vec![group("vip", Some("other")), group("Gold", Some("v"))]).await, 1);

    let keys = [ExtraFieldKey::new("9999999").unwrap()];
    let fields = vec![field("Birthday", "aaaaaaa"), field("Name day", "bbbbbbb")];
    let make = async |fields| {
        let import = ImportExtraFields { fields, keys: keys.to_vec(), now: at(5) };
        engine.write(STORE, BY, import).await.unwrap()
    };
    assert_eq!(make(fields.clone()).await, 2);
    assert_eq!(make(fields).await, 0);
    assert_eq!(make(vec![field("BIRTHDAY", "ccccccc"), field("Wedding", "aaaaaaa")]).await, 1);
    import(&engine, &[order(7, "AAAAA", Some(anna), "10")]).await;

    let (groups, fields, customers, orders) = whole(&engine, STORE).await;
    let name = |name: &str| GroupName::new(name).unwrap();
    assert_eq!(
        groups,
        [(name("VIP"), ExternalReferenceId::new("v").ok()), (name("Wholesale"), None), (name("Gold"), None)]
    );
    let fields: Vec<_> = fields.iter().map(|field| (field.title.as_str(), field.key.as_str())).collect();
    assert_eq!(fields, [("Birthday", "aaaaaaa"), ("Name day", "bbbbbbb"), ("Wedding", "9999999")]);
    assert_eq!((customers, orders.len()), (vec![anna], 1));
}
