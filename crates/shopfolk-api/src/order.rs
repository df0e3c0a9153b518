//! What the wire says of an order.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use shopfolk_model::{
    CustomerId, EmailAddress, MAXIMUM_ORDER_ITEMS, Money, Order, OrderKey, OrderNumber, OrderedProduct,
    ProductId, Timestamp,
};
use utoipa::openapi::{RefOr, Schema};

use crate::error::ApiError;
use crate::fields::Fields;
use crate::given::Given;
use crate::json::{self, JsonObject, JsonValue, Key};
use crate::response_fields::ResponseFields;
use crate::wire::{
    Cell, Components, Direction, FieldDescription, RequestShape, RequestValue, WireObject, WireValue,
    request_shape, wire_object,
};
use crate::wire_schema::{list, requested};

/// The longest name of a product that is kept for searches, in characters.
const LONGEST_NAME: usize = 255;

wire_object! {
    /// An order: these fields, and those that were sent.
    "Order": Order as OrderFields
        = Order { number, key, customer, email: _, total: _, created, products: _, document: _ } => {
        /// The key: 5 capital letters and digits.
        KEY "id": Imported OrderKey = key;
        /// The internal number.
        NUMBER "orderNumber": Imported OrderNumber = number;
        /// The internal number.
        "internalId": Shown OrderNumber = number;
        /// When the order was made; now by default.
        CREATED "createDate": Optional Timestamp = created;
        /// Who ordered. Left out when that customer was deleted.
        CUSTOMER "customerId": Clearable CustomerId = customer;
        /// The e-mail address of the one who ordered. One that is no customer's makes a customer.
        EMAIL "email": Optional EmailAddress;
        /// What the order is worth.
        TOTAL "total": Optional Money {default: 0};
        /// What was bought.
        ITEMS "items": Requested OrderItems;
    }
}

/// Whether answers say a field themselves, whatever was sent under its name.
fn is_own(name: &str) -> bool {
    is_described(name, Order::FIELDS) && !matches!(name, "email" | "total" | "items")
}

fn is_described(name: &str, fields: &[FieldDescription]) -> bool {
    fields.iter().any(|field| field.name == name)
}

/// The fields of an object that say something: in one that is described here, `null` is the same as nothing.
fn said<'a>(
    object: &'a JsonObject<'a>,
    described: &'static [FieldDescription],
) -> impl Iterator<Item = (&'a str, &'a JsonValue<'a>)> {
    object.iter().filter(|(name, value)| **value != JsonValue::Null || !is_described(name, described))
}

/// What is kept of an order that was sent.
struct SentOrder<'a>(&'a JsonObject<'a>);

impl Serialize for SentOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in said(self.0, Order::FIELDS) {
            match value {
                JsonValue::List(items) if name == OrderFields::ITEMS.name => {
                    map.serialize_entry(name, &items.iter().map(SentItem).collect::<Vec<_>>())?;
                }
                value => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// What is kept of an item of it.
struct SentItem<'a>(&'a JsonValue<'a>);

impl Serialize for SentItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            JsonValue::Object(item) => serializer.collect_map(said(item, <OrderItem as WireObject>::FIELDS)),
            other => other.serialize(serializer),
        }
    }
}

/// An order to record.
pub(crate) struct NewOrder {
    pub(crate) email: Option<EmailAddress>,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) total: Money,
    pub(crate) created: Option<Timestamp>,
    pub(crate) products: Vec<OrderedProduct>,
    /// The whole of it as it was sent.
    pub(crate) document: String,
}

request_shape! {
    /// An order to record. It must have `email` or `customerId`. Other fields are kept and answered as they are.
    "NewOrder": NewOrder = New of Order, example {
        "email": "ec.apps@lightspeedhq.com", "total": 12.5,
        "items": [{"productId": 37_208_342, "name": "Apple", "quantity": 1}]
    } => |fields| {
        Ok(Self {
            customer: OrderFields::CUSTOMER.value(fields)?,
            email: OrderFields::EMAIL.value(fields)?,
            total: OrderFields::TOTAL.value(fields)?.unwrap_or_default(),
            created: OrderFields::CREATED.value(fields)?,
            products: OrderFields::ITEMS.value(fields)?.map_or_else(Vec::new, OrderItems::products),
            document: serde_json::to_string(&SentOrder(fields.object_itself())).map_err(ApiError::internal)?,
        })
    }
}

impl NewOrder {
    /// The order in an answer, without what answers say themselves.
    pub(crate) fn imported(fields: &Fields<'_>) -> Result<Self, ApiError> {
        let mut sent = JsonObject::default();
        for (name, value) in fields.object_itself().iter().filter(|(name, _)| !is_own(name)) {
            sent.push(name, value.clone());
        }
        let document = serde_json::to_string(&SentOrder(&sent)).map_err(ApiError::internal)?;
        Ok(Self { document, ..Self::read(fields)? })
    }
}

/// What was bought.
pub(crate) struct OrderItems(Vec<OrderItem>);

impl OrderItems {
    /// The products in the items, each once, with the first name that is given.
    fn products(self) -> Vec<OrderedProduct> {
        let mut seen = HashSet::new();
        let items = self.0.into_iter().filter_map(|OrderItem(product)| product);
        let mut products: Vec<_> = items.filter(|product| seen.insert(product.id)).collect();
        products.sort_unstable_by_key(|product| product.id);
        products
    }
}

impl WireValue for OrderItems {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {}

    fn schema(_: Direction, components: &mut Components) -> RefOr<Schema> {
        list(requested::<OrderItem>(components), Some(MAXIMUM_ORDER_ITEMS as usize))
    }
}

impl RequestValue for OrderItems {
    fn expected() -> String {
        "must be a list of JSON objects".to_owned()
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        Ok(fields.objects(name, MAXIMUM_ORDER_ITEMS as usize, OrderItem::read)?.map(Self))
    }
}

/// Something that was bought: a product, if it says which.
pub(crate) struct OrderItem(Option<OrderedProduct>);

wire_object! {
    /// Something that was bought. What else is sent is kept.
    "OrderItem": OrderItem as OrderItemFields = _ => {
        /// The product, by which its buyers are found.
        PRODUCT "productId": Requested ProductId;
        /// The name of the product.
        NAME "name": Requested String;
    }
}

request_shape! {
    /// Something that was bought. What else is sent is kept.
    "NewOrderItem": OrderItem = New of OrderItem => |fields| {
        let id = OrderItemFields::PRODUCT.value(fields)?;
        let shorten = |name: &str| Ok::<_, &str>(name.chars().take(LONGEST_NAME).collect::<String>());
        let name = fields.text(OrderItemFields::NAME.name, shorten)?.value().unwrap_or_default();
        Ok(Self(id.map(|id| OrderedProduct { id, name })))
    }
}

/// An order with the document that was sent.
pub(crate) struct OrderWithDocument<'a> {
    order: &'a Order,
    document: Vec<(Cow<'a, str>, DocumentValue<'a>)>,
}

/// A value of a document, or a document.
pub(crate) enum DocumentValue<'a> {
    /// As it is kept: it can be long.
    Kept(&'a RawValue),
    /// One of which some fields are wanted.
    Parsed(JsonValue<'a>),
}

impl<'a> DocumentValue<'a> {
    /// What is wanted of this JSON.
    pub(crate) fn of(json: &'a str, wanted: &ResponseFields) -> Result<Self, ApiError> {
        Ok(if wanted.is_everything() {
            Self::Kept(serde_json::from_str(json).map_err(ApiError::internal)?)
        } else {
            Self::Parsed(json::parse(json.as_bytes())?)
        })
    }
}

impl<'a> OrderWithDocument<'a> {
    /// The order with what is wanted of its document.
    pub(crate) fn of(order: &'a Order, wanted: &ResponseFields) -> Result<Self, ApiError> {
        let mut reader = serde_json::Deserializer::from_str(&order.document);
        // It was read when it was sent.
        let kept =
            reader.deserialize_map(KeptFields).map_err(|_| ApiError::internal("an order is damaged"))?;
        let mut document = Vec::with_capacity(kept.len());
        for (name, value) in kept {
            let Some(fields) = wanted.within(&name) else { continue };
            // Orders of earlier releases were kept with their nulls.
            if value.get() == "null" && is_described(&name, Order::FIELDS) {
                continue;
            }
            document.push((name, DocumentValue::of(value.get(), fields)?));
        }
        Ok(Self { order, document })
    }

    fn has(&self, name: &str) -> bool {
        self.document.iter().any(|(other, _)| other == name)
    }
}

/// Reads the fields of an object in their order.
struct KeptFields;

impl<'de> Visitor<'de> for KeptFields {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            fields.push((key, value));
        }
        Ok(fields)
    }
}

impl Serialize for DocumentValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Kept(value) => value.serialize(serializer),
            Self::Parsed(value) => value.serialize(serializer),
        }
    }
}

impl WireObject for OrderWithDocument<'_> {
    const NAME: &'static str = Order::NAME;
    const ABOUT: &'static str = Order::ABOUT;
    const FIELDS: &'static [FieldDescription] = Order::FIELDS;

    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.order.write(map)?;
        let (email, total) = (OrderFields::EMAIL.name, OrderFields::TOTAL.name);
        if !self.has(email) {
            map.serialize_entry(email, self.order.email.as_str())?;
        }
        if !self.has(total) {
            map.serialize_entry(total, &self.order.total.answer())?;
        }
        self.document
            .iter()
            .filter(|(name, _)| !is_own(name))
            .try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}
