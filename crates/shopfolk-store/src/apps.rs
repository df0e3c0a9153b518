//! Apps, which belong to no store: they are rows of the platform ([`shopfolk_model::StoreId::PLATFORM`]), which is kept like a
//! store and which no caller can name.

use shopfolk_model::{App, AppId, AppName, AppScopes, EventType, MAXIMUM_APPS, SealedSecret, Timestamp};

use crate::app_document::{DecodedApp, decode_app, encode_app};
use crate::value::{JsonObject, Made};
use crate::{Guard, Lifecycle, record};

record! {
    apps: "app" is App, by (AppId,);
    |app, dialect| {
        Key app_id: AppId = &app.id;
        Value name: AppName = &app.name;
        Value secret: SealedSecret = &app.secret;
        Value scopes: AppScopes = &app.scopes;
        Value document: JsonObject = Made(JsonObject(encode_app(app)));
        Value webhooks_off_since: Option<Timestamp> = &app.webhooks_off_since;
        Value webhooks_failing_since: Option<Timestamp> = &app.webhooks_failing_since;
        Value created: Timestamp = &app.created;
    }
    |store, reader| {
        let DecodedApp { redirect_urls, webhooks, lab } =
            decode_app(&document.0).map_err(|error| reader.damage("document", error))?;
        Self {
            id: app_id,
            name,
            secret,
            redirect_urls,
            scopes,
            webhooks,
            lab,
            webhooks_off_since,
            webhooks_failing_since,
            created,
        }
    };
    guard: Guard::Table("apps");
    lifecycle: Some(Lifecycle {
        created: EventType::AppCreated,
        changed: &[EventType::AppChanged],
        deleted: EventType::AppDeleted,
    });
    maximum: Some(MAXIMUM_APPS);
}
