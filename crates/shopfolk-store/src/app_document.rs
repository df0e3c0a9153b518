//! Where an app is called back and what it is tried with, as one document: it is always read and written whole.

use std::fmt::Display;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shopfolk_model::{
    ApiDelay, App, EventSpelling, Lab, LabSignature, RedirectUrl, Webhook, WebhookHeader, WebhookUrl,
};

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AppDocument {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    redirect_urls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    webhooks: Vec<WebhookDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lab: Option<LabDocument>,
}

#[derive(Serialize, Deserialize)]
struct WebhookDocument {
    url: String,
    events: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<[String; 2]>,
    spelling: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LabDocument {
    signature: String,
    duplicate: bool,
    out_of_order: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dropped: Option<String>,
    /// In milliseconds.
    api_delay: u64,
}

impl From<Lab> for LabDocument {
    fn from(Lab { signature, duplicate, out_of_order, dropped, api_delay }: Lab) -> Self {
        Self {
            signature: signature.name().to_owned(),
            duplicate,
            out_of_order,
            dropped: dropped.map(|dropped| dropped.to_string()),
            api_delay: u64::try_from(api_delay.get().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl TryFrom<LabDocument> for Lab {
    type Error = String;

    fn try_from(document: LabDocument) -> Result<Self, String> {
        let LabDocument { signature, duplicate, out_of_order, dropped, api_delay } = document;
        let known = LabSignature::from_name(&signature);
        Ok(Self {
            signature: known.ok_or_else(|| format!("there is no signature '{signature}'"))?,
            duplicate,
            out_of_order,
            dropped: dropped.map(|text| text.parse()).transpose().map_err(told)?,
            api_delay: ApiDelay::new(Duration::from_millis(api_delay)).map_err(told)?,
        })
    }
}

fn told(error: impl Display) -> String {
    error.to_string()
}

/// What the document of an app says.
pub(crate) struct DecodedApp {
    pub(crate) redirect_urls: Vec<RedirectUrl>,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) lab: Option<Lab>,
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
        lab: app.lab.map(LabDocument::from),
    };
    serde_json::to_string(&document).expect("it is JSON")
}

/// What a document says of an app.
///
/// # Errors
/// When it is none: why.
pub(crate) fn decode_app(document: &str) -> Result<DecodedApp, String> {
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
    let AppDocument { redirect_urls, webhooks, lab } = serde_json::from_str(document).map_err(told)?;
    let redirect_urls =
        redirect_urls.iter().map(|url| RedirectUrl::new(url).map_err(told)).collect::<Result<_, _>>()?;
    Ok(DecodedApp {
        redirect_urls,
        webhooks: webhooks.into_iter().map(webhook).collect::<Result<_, _>>()?,
        lab: lab.map(Lab::try_from).transpose()?,
    })
}
