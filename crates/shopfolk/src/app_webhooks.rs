//! The webhooks of an app, as options say them.

use anyhow::Result;
use clap::Args;
use shopfolk_model::{
    EventSpelling, MAXIMUM_WEBHOOK_HEADERS, Webhook, WebhookEventSet, WebhookHeader, WebhookUrl,
};

use crate::failure::UsageError;

/// What is sent to the URLs that are given beside, and how.
#[derive(Debug, Args)]
pub(crate) struct WebhookArguments {
    /// The events that are sent to --webhook-url, with commas between [default: all]
    #[arg(
        long,
        env = "SHOPFOLK_APP_EVENTS",
        requires = "webhook_urls",
        long_help = format!("The events that are sent to --webhook-url, with commas between [default: all]: {}", WebhookEventSet::ALL)
    )]
    events: Option<WebhookEventSet>,
    /// A header that each of these requests has, as 'Name: value'; again for several
    #[arg(long = "webhook-header", value_name = "HEADER", env = "SHOPFOLK_APP_WEBHOOK_HEADER", requires = "webhook_urls", value_parser = header)]
    headers: Vec<WebhookHeader>,
    /// How names of events are written: camel-case (customer.personalDataExportRequest) or underscores
    /// (`customer.personal_data_export_request`, as the Java client has it)
    #[arg(
        long = "event-spelling",
        value_name = "SPELLING",
        env = "SHOPFOLK_APP_EVENT_SPELLING",
        requires = "webhook_urls",
        default_value = "camel-case",
        value_parser = spelling
    )]
    spelling: EventSpelling,
}

fn header(text: &str) -> Result<WebhookHeader, String> {
    let (name, value) = text.split_once(':').ok_or("write it as 'Name: value'")?;
    WebhookHeader::new(name, value).map_err(|error| error.to_string())
}

fn spelling(text: &str) -> Result<EventSpelling, String> {
    EventSpelling::from_name(text).ok_or_else(|| "must be camel-case or underscores".to_owned())
}

/// Webhooks, each URL once.
#[derive(Debug, Default)]
pub(crate) struct AddedWebhooks(Vec<Webhook>);

impl From<Vec<Webhook>> for AddedWebhooks {
    fn from(webhooks: Vec<Webhook>) -> Self {
        Self(webhooks)
    }
}

impl AddedWebhooks {
    /// Adds these URLs, or says of those that are there what is sent to them now.
    ///
    /// # Errors
    /// When one is no URL that webhooks can be sent to, or there are too many headers.
    pub(crate) fn add(&mut self, urls: &[String], arguments: &WebhookArguments) -> Result<()> {
        let WebhookArguments { events, headers, spelling } = arguments;
        if headers.len() > MAXIMUM_WEBHOOK_HEADERS {
            let message = format!("a webhook can have at most {MAXIMUM_WEBHOOK_HEADERS} headers");
            return Err(UsageError(message).into());
        }
        for url in urls {
            let url = parse(url)?;
            self.0.retain(|webhook| webhook.url != url);
            let events = events.unwrap_or(WebhookEventSet::ALL);
            self.0.push(Webhook { url, events, headers: headers.clone(), spelling: *spelling });
        }
        Ok(())
    }

    /// Removes these URLs.
    ///
    /// # Errors
    /// When one is not among them.
    pub(crate) fn remove(&mut self, urls: &[String]) -> Result<()> {
        for url in urls {
            let (url, before) = (parse(url)?, self.0.len());
            self.0.retain(|webhook| webhook.url != url);
            if self.0.len() == before {
                return Err(UsageError(format!("the app has no webhook URL {}", url.as_str())).into());
            }
        }
        Ok(())
    }

    /// All of them.
    pub(crate) fn into_webhooks(self) -> Vec<Webhook> {
        self.0
    }
}

/// Reads the URL of a webhook.
///
/// # Errors
/// When it is none.
pub(crate) fn parse(url: &str) -> Result<WebhookUrl> {
    Ok(WebhookUrl::new(url).map_err(|error| UsageError(format!("the webhook URL '{url}' {error}")))?)
}
