//! Objects of the wire in the OpenAPI document.

use std::borrow::Cow;

use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::body::{JsonBody, JsonList};
use crate::wire::{Answer, Cell, Components, Direction, FieldDescription, RequestShape, Role, WireObject};

/// A reference to an object in requests.
pub(crate) fn requested<T: RequestShape>(components: &mut Components) -> RefOr<Schema> {
    let schema = object(T::FIELDS, T::DIRECTION, T::ABOUT, T::example(), components);
    component(T::NAME, schema, components)
}

/// A reference to an object in answers.
pub(crate) fn answered<T: WireObject>(components: &mut Components) -> RefOr<Schema> {
    let schema = object(T::FIELDS, Direction::Answer, T::ABOUT, T::example(), components);
    component(T::NAME, schema, components)
}

/// A reference to a schema by its name.
pub(crate) fn component(name: &str, schema: RefOr<Schema>, components: &mut Components) -> RefOr<Schema> {
    components.push((name.to_owned(), schema));
    Ref::from_schema_name(name).into()
}

/// A list of so many at the most.
pub(crate) fn list(items: RefOr<Schema>, maximum: Option<usize>) -> RefOr<Schema> {
    ArrayBuilder::new().items(items).max_items(maximum).into()
}

/// An object whose fields go in a direction.
fn object(
    fields: &[FieldDescription],
    direction: Direction,
    about: &str,
    example: Option<Value>,
    components: &mut Components,
) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().schema_type(Type::Object).description(Some(text(about))).build();
    object.example = example;
    add_fields(&mut object, fields, direction, components);
    object.into()
}

fn add_fields(
    object: &mut Object,
    fields: &[FieldDescription],
    direction: Direction,
    components: &mut Components,
) {
    for field in fields.iter().filter(|field| field.role.goes(direction)) {
        if let (Role::Flattened, Cell::Object(inner)) = (field.role, field.cell) {
            add_fields(object, inner, direction, components);
            continue;
        }
        let mut schema = (field.schema)(direction, components);
        if let (Role::Required, RefOr::T(Schema::Object(text))) = (field.role, &mut schema)
            && text.max_length.is_some()
            && text.format.is_none()
        {
            text.min_length = Some(1);
        }
        describe(&mut schema, field, direction);
        let must_be_there = field.role.must_be_there(direction);
        if must_be_there {
            object.required.push(field.name.to_owned());
        } else if direction != Direction::Answer {
            schema = nullable(schema);
        }
        object.properties.insert(field.name.to_owned(), schema);
    }
}

fn describe(schema: &mut RefOr<Schema>, field: &FieldDescription, direction: Direction) {
    let about = text(field.about);
    match schema {
        RefOr::Ref(reference) => reference.description = about,
        RefOr::T(Schema::Object(object)) => {
            object.description = Some(about).filter(|about| !about.is_empty());
            for (keyword, value) in field.keywords {
                match (*keyword, direction) {
                    ("default", Direction::New) => object.default = Some(value()),
                    ("default", _) => {}
                    ("minimum", _) => object.minimum = value().as_i64().map(Into::into),
                    ("maximum", _) => object.maximum = value().as_i64().map(Into::into),
                    _ => object.example = Some(value()),
                }
            }
        }
        RefOr::T(Schema::Array(array)) => array.description = Some(about).filter(|about| !about.is_empty()),
        RefOr::T(_) => {}
    }
}

/// The same, or `null`.
fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    let or_null = |schema_type: SchemaType| match schema_type {
        SchemaType::Type(one) => SchemaType::from_iter([one, Type::Null]),
        other => other,
    };
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = or_null(object.schema_type);
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = or_null(array.schema_type);
            array.into()
        }
        other => OneOfBuilder::new().item(other).item(ObjectBuilder::new().schema_type(Type::Null)).into(),
    }
}

/// A comment as a text.
fn text(comment: &str) -> String {
    comment.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned()
}

impl<T: WireObject> ToSchema for Answer<'_, T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn schemas(components: &mut Components) {
        answered::<T>(components);
    }
}

impl<T: WireObject> PartialSchema for Answer<'_, T> {
    fn schema() -> RefOr<Schema> {
        object(T::FIELDS, Direction::Answer, T::ABOUT, T::example(), &mut Components::new())
    }
}

impl<T: RequestShape> ToSchema for JsonBody<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn schemas(components: &mut Components) {
        requested::<T>(components);
    }
}

impl<T: RequestShape> PartialSchema for JsonBody<T> {
    fn schema() -> RefOr<Schema> {
        object(T::FIELDS, T::DIRECTION, T::ABOUT, T::example(), &mut Components::new())
    }
}

impl<T: RequestShape, const MOST: usize> ToSchema for JsonList<T, MOST> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::NAME).into()
    }

    fn schemas(components: &mut Components) {
        requested::<T>(components);
    }
}

impl<T: RequestShape, const MOST: usize> PartialSchema for JsonList<T, MOST> {
    fn schema() -> RefOr<Schema> {
        let items = Ref::from_schema_name(T::NAME).into();
        ArrayBuilder::new().items::<RefOr<Schema>>(items).min_items(Some(1)).max_items(Some(MOST)).into()
    }
}
