//! `POST /customers_update`: changing or deleting many customers at once.

use axum::response::Response;
use serde::Serialize;
use shopfolk_model::{CustomerId, CustomerSearch, GroupId};
use shopfolk_operations::{ManyCustomers, MassChange};
use shopfolk_store::Engine;
use std::str::FromStr;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::answer;
use crate::body::JsonBody;
use crate::caller::{Caller, UpdateCustomers};
use crate::customer_search::{SearchParameters, StrictSearch};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::given::Given;
use crate::wire::{Components, Direction, RequestShape, RequestValue, WireValue, request_shape, wire_object};
use crate::wire_schema::requested;

/// Which customers are to be changed or deleted, and what becomes of them.
pub(crate) struct CustomersUpdate {
    mode: Mode,
    ids: Vec<CustomerId>,
    delete: bool,
    change: Option<ChangeOfMany>,
}

/// Which customers are meant.
#[derive(Clone, Copy)]
enum Mode {
    Selected,
    AllFiltered,
    All,
}

const MODES: &str = "must be one of SELECTED, ALL_FILTERED, ALL";

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, &'static str> {
        match name.trim().to_ascii_uppercase().as_str() {
            "SELECTED" => Ok(Self::Selected),
            "ALL_FILTERED" => Ok(Self::AllFiltered),
            "ALL" => Ok(Self::All),
            _ => Err(MODES),
        }
    }
}

/// The change of many customers. Fields that are left out stay.
#[derive(PartialEq, Eq)]
pub(crate) struct ChangeOfMany {
    group: Option<GroupId>,
    tax_exempt: Option<bool>,
    accept_marketing: Option<bool>,
}

wire_object! {
    /// Which customers are to be changed or deleted, and what becomes of them.
    "CustomersUpdate": CustomersUpdate as CustomersUpdateFields = _ => {
        /// `SELECTED`: those in `ids`. `ALL_FILTERED`: those that the filters in the query find. `ALL`: everybody.
        MODE "mode": Required &'static str;
        /// The customers, with mode `SELECTED`.
        IDS "ids": Requested Vec<CustomerId>;
        /// Whether they are deleted instead of changed.
        DELETE "delete": Requested bool;
        /// What becomes of each of them.
        CUSTOMER "customer": Requested ChangeOfMany;
    }
}

request_shape! {
    /// Which customers are to be changed or deleted, and what becomes of them.
    "CustomersUpdate": CustomersUpdate = New of CustomersUpdate, example {
        "mode": "SELECTED", "ids": [177_737_165], "customer": {"taxExempt": true}
    } => |fields| {
        let mode = fields.text(CustomersUpdateFields::MODE.name, str::parse)?.value();
        Ok(Self {
            mode: mode.ok_or_else(|| fields.missing(CustomersUpdateFields::MODE.name, MODES))?,
            ids: CustomersUpdateFields::IDS.value(fields)?.unwrap_or_default(),
            delete: CustomersUpdateFields::DELETE.value(fields)?.unwrap_or(false),
            change: CustomersUpdateFields::CUSTOMER.value(fields)?,
        })
    }
}

wire_object! {
    /// The change of many customers. Fields that are left out stay.
    "CustomersUpdateFields": ChangeOfMany as ChangeOfManyFields = _ => {
        /// The group; 0 is the built-in one.
        GROUP "customerGroupId": Requested GroupId;
        TAX_EXEMPT "taxExempt": Requested bool;
        ACCEPT_MARKETING "acceptMarketing": Requested bool;
    }
}

request_shape! {
    /// The change of many customers. Fields that are left out stay.
    "CustomersUpdateFields": ChangeOfMany = Change of ChangeOfMany => |fields| {
        Ok(Self {
            group: ChangeOfManyFields::GROUP.given(fields)?.value_or_of_null(GroupId::GENERAL),
            tax_exempt: ChangeOfManyFields::TAX_EXEMPT.value(fields)?,
            accept_marketing: ChangeOfManyFields::ACCEPT_MARKETING.value(fields)?,
        })
    }
}

impl WireValue for ChangeOfMany {
    fn answer(&self) -> impl Serialize {}

    fn schema(_: Direction, components: &mut Components) -> RefOr<Schema> {
        requested::<Self>(components)
    }
}

impl RequestValue for ChangeOfMany {
    fn expected() -> String {
        "must be a JSON object with what becomes of the customers".to_owned()
    }

    fn read(fields: &Fields<'_>, name: &str) -> Result<Given<Self>, ApiError> {
        fields.object(name, RequestShape::read)
    }
}

type CustomersUpdateBody = JsonBody<CustomersUpdate>;

/// How many customers were changed or deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomersUpdateCount)]
pub(crate) struct MassChangeOut {
    #[schema(minimum = 0)]
    update_count: u64,
}

/// Update many customers
///
/// Changes or deletes the customers that the body selects or the filters in the query find. When an id or the group is not
/// there, or a value is wrong, nothing changes. Otherwise it is done in portions of 500 at the most, and other calls are served
/// between them: who is gone meanwhile, or is not found by the filters any more, is passed over. When the time of a request is
/// over (408), or the server is to stop (503), it ends after a portion and says how many customers were changed until then. It is
/// safe to repeat: where customers are deleted, one who is gone already is passed over too.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/customers_update", tag = "Customers",
    params(SearchParameters),
    request_body = CustomersUpdateBody,
    responses((status = 200, description = "Updated", body = MassChangeOut)),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn update_customers<E: Engine>(
    caller: Caller<E, UpdateCustomers>,
    StrictSearch(search): StrictSearch,
    JsonBody(body, _held): CustomersUpdateBody,
) -> Result<Response, ApiError> {
    let customers = customers(body.mode, body.ids, search)?;
    let change = change(body.delete, body.change)?;
    let count = caller.change_many(customers, change).await?;
    answer::json(&MassChangeOut { update_count: count })
}

/// Which customers are meant. What could touch everybody by mistake is refused.
fn customers(mode: Mode, ids: Vec<CustomerId>, search: CustomerSearch) -> Result<ManyCustomers, ApiError> {
    let refuse = |message: &'static str| Err(ApiError::wrong_parameter(message));
    match mode {
        Mode::Selected if ids.is_empty() => {
            refuse("Parameter 'ids' is missing: mode SELECTED needs the ids of the customers")
        }
        Mode::Selected if search.is_everybody() => Ok(ManyCustomers::Selected(ids)),
        Mode::Selected => {
            refuse("Mode SELECTED takes no filters: leave them out, or use mode ALL_FILTERED without ids")
        }
        Mode::AllFiltered | Mode::All if !ids.is_empty() => {
            refuse("Parameter 'ids' goes with mode SELECTED alone: leave it out, or use that mode")
        }
        Mode::AllFiltered if search.is_everybody() => {
            refuse("Mode ALL_FILTERED needs a filter in the query: use mode ALL for all customers")
        }
        Mode::All if !search.is_everybody() => {
            refuse("Mode ALL takes no filters: leave them out, or use mode ALL_FILTERED")
        }
        Mode::AllFiltered | Mode::All => Ok(ManyCustomers::Found(Box::new(search))),
    }
}

/// What becomes of them, which must be something.
fn change(delete: bool, change: Option<ChangeOfMany>) -> Result<MassChange, ApiError> {
    let nothing = ChangeOfMany { group: None, tax_exempt: None, accept_marketing: None };
    match change {
        None if delete => Ok(MassChange::Delete),
        Some(change) if delete && change == nothing => Ok(MassChange::Delete),
        Some(_) if delete => Err(ApiError::wrong_parameter(
            "Customers cannot be deleted and changed at once: leave out 'delete' or 'customer'",
        )),
        None => Err(ApiError::wrong_parameter(format!(
            "Parameter '{}' is missing: it {}",
            CustomersUpdateFields::CUSTOMER.name,
            ChangeOfMany::expected()
        ))),
        Some(change) if change == nothing => Err(ApiError::wrong_parameter(
            "Parameter 'customer' says nothing: it must have customerGroupId, taxExempt or acceptMarketing",
        )),
        Some(ChangeOfMany { group, tax_exempt, accept_marketing }) => {
            Ok(MassChange::Change { group, tax_exempt, accept_marketing })
        }
    }
}
