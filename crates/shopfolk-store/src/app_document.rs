//! Where an app is called back, as one document: it is always read and written whole.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use shopfolk_model::{App, EventSpelling, RedirectUrl, Webhook, WebhookHeader, WebhookUrl};

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AppDocument {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    redirect_urls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    webhooks: Vec<WebhookDocument>,
}

#[derive(Serialize, Deserialize)]
struct WebhookDocument {
    url: String,
    events: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<[String; 2]>,
    spelling: String,
}

/// The document of an app.
#[expect(clippy::expect_used, reason = "texts under names that are texts are always JSON")]
pub(crate) fn encode_app(app: &App) -> String {
    let webhook = |webhook: &Webhook| WebhookDocument {
        url: webhook.url.as_str().to_owned(),
        events: webhook.events.to_string(),
        headers: webhook
            .headers
            .iter()
            .map(|header| [header.name().to_owned(), header.value().to_owned()])
            .collect(),
        spelling: webhook.spelling.name().to_owned(),
    };
    let document = AppDocument {
        redirect_urls: app.redirect_urls.iter().map(|url| url.as_str().to_owned()).collect(),
        webhooks: app.webhooks.iter().map(webhook).collect(),
    };
    serde_json::to_string(&document).expect("it is JSON")
}

/// The redirect URLs and webhooks of a document.
///
/// # Errors
/// When it is none: why.
pub(crate) fn decode_app(document: &str) -> Result<(Vec<RedirectUrl>, Vec<Webhook>), String> {
    fn told(error: impl Display) -> String {
        error.to_string()
    }
    let webhook = |webhook: WebhookDocument| {
        let spelling = EventSpelling::from_name(&webhook.spelling);
        Ok::<_, String>(Webhook {
            url: WebhookUrl::new(&webhook.url).map_err(told)?,
            events: webhook.events.parse().map_err(told)?,
            headers: webhook
                .headers
                .iter()
                .map(|[name, value]| WebhookHeader::new(name, value).map_err(told))
                .collect::<Result<_, _>>()?,
            spelling: spelling.ok_or_else(|| format!("there is no spelling '{}'", webhook.spelling))?,
        })
    };
    let AppDocument { redirect_urls, webhooks } = serde_json::from_str(document).map_err(told)?;
    let redirect_urls =
        redirect_urls.iter().map(|url| RedirectUrl::new(url).map_err(told)).collect::<Result<_, _>>()?;
    Ok((redirect_urls, webhooks.into_iter().map(webhook).collect::<Result<_, _>>()?))
}
