//! Webhooks: what counts as delivered, when what failed is tried again, and by which id a receiver knows an event.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{EventPosition, StoreId, StoreKey, Timestamp};

/// How often a delivery that failed is tried again.
pub const WEBHOOK_RETRIES: usize = RETRY_MINUTES.len();

/// So many minutes after the first try: each quarter of an hour for an hour, then each hour for a day.
const RETRY_MINUTES: [u32; 27] = {
    let mut minutes = [15; 27];
    let mut retry = 1;
    while retry < minutes.len() {
        minutes[retry] = minutes[retry - 1] + if retry < 4 { 15 } else { 60 };
        retry += 1;
    }
    minutes
};

/// How long a receiver may ask to be left alone: what it asks beyond that is passed over.
pub const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// After so long in which every try failed, an app's webhooks are switched off.
pub const FAILURES_SWITCH_OFF_AFTER: Duration = Duration::from_hours(14 * 24);

/// Whether an answer of this status says that the receiver has it. Any other counts as a failure, 3xx too.
pub const fn is_delivered(status: u16) -> bool {
    matches!(status, 200..=202 | 204 | 209)
}

/// When a delivery that has just failed is tried again: at the next time of the schedule, but not before the receiver wants,
/// where it said so. `None` when there is none left: the delivery is given up. Times that passed while nobody sent are
/// not made up for.
pub fn next_try(first: Timestamp, now: Timestamp, wait: Option<Duration>) -> Option<Timestamp> {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let earliest = wait.map_or(0, |wait| now.unix_seconds().saturating_add(seconds(wait.min(LONGEST_WAIT))));
    let mut left = RETRY_MINUTES
        .iter()
        .map(|&minutes| first.unix_seconds() + i64::from(minutes) * 60)
        .filter(|&retry| retry > now.unix_seconds());
    let last = left.clone().next_back();
    let next = left.find(|&retry| retry >= earliest).or(last)?;
    Timestamp::from_unix_seconds(next).ok()
}

/// The text is no id of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID")]
pub struct InvalidWebhookEventId;

/// By which id receivers know an event: a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookEventId(u128);

impl WebhookEventId {
    /// The id of what stands at a place of a store's events: the same however often it is asked for.
    pub fn of(store: StoreId, key: Option<StoreKey>, position: EventPosition) -> Self {
        let key = key.as_ref().map_or("", StoreKey::as_str);
        let digest = Sha256::digest(format!("shopfolk event {store} {key} {position}"));
        Self::from_random(u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default()))
    }

    /// The id made of a random number.
    pub const fn from_random(number: u128) -> Self {
        // The bits by which a UUID says that it is one of nobody's scheme (version 8).
        Self(number & !(0xf << 76) & !(0b11 << 62) | (0x8 << 76) | (0b10 << 62))
    }
}

impl fmt::Display for WebhookEventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        formatter.write_str(&parts.join("-"))
    }
}

impl fmt::Debug for WebhookEventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for WebhookEventId {
    type Err = InvalidWebhookEventId;

    fn from_str(text: &str) -> Result<Self, InvalidWebhookEventId> {
        let is_hyphen = |place: usize| matches!(place, 8 | 13 | 18 | 23);
        let fits = text.len() == 36
            && text
                .bytes()
                .enumerate()
                .all(|(place, byte)| if is_hyphen(place) { byte == b'-' } else { byte.is_ascii_hexdigit() });
        if !fits {
            return Err(InvalidWebhookEventId);
        }
        u128::from_str_radix(&text.replace('-', ""), 16).map(Self).map_err(|_| InvalidWebhookEventId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    #[test]
    fn retries_come_each_quarter_of_an_hour_for_an_hour_and_then_each_hour_for_a_day() {
        let (first, mut now, mut minutes) = (at(1_000_000), at(1_000_000), Vec::new());
        while let Some(next) = next_try(first, now, None) {
            minutes.push((next.unix_seconds() - first.unix_seconds()) / 60);
            // The answer took its time.
            now = at(next.unix_seconds() + 10);
        }
        let hours = (2..=24).map(|hour| hour * 60);
        assert_eq!(minutes, [15, 30, 45, 60].into_iter().chain(hours).collect::<Vec<_>>());
        assert_eq!(minutes.len(), WEBHOOK_RETRIES);
        assert_eq!(WEBHOOK_RETRIES, 27);
    }

    #[test]
    fn a_receiver_may_put_a_retry_off_but_not_bring_it_forward_nor_beyond_the_last() {
        let first = at(1_000_000);
        let minutes = |now: i64, wait: u64| {
            let next = next_try(first, at(1_000_000 + now * 60), Some(Duration::from_secs(wait)))?;
            Some((next.unix_seconds() - 1_000_000) / 60)
        };
        assert_eq!(minutes(0, 1), Some(15), "not sooner");
        assert_eq!(minutes(0, 20 * 60), Some(30), "at the next time that it wants");
        assert_eq!(minutes(0, u64::MAX), Some(360), "it asks for more than it may");
        assert_eq!(minutes(23 * 60, 3 * 3600), Some(24 * 60), "the last one is the last");
        assert_eq!(minutes(24 * 60, 0), None);
    }

    #[test]
    fn times_that_passed_while_nobody_sent_are_not_made_up_for() {
        assert_eq!(next_try(at(0), at(5 * 3600 + 7), None), Some(at(6 * 3600)));
    }

    #[test]
    fn delivered_is_what_the_contract_lists() {
        let delivered: Vec<u16> = (100..600).filter(|&status| is_delivered(status)).collect();
        assert_eq!(delivered, [200, 201, 202, 204, 209]);
    }

    #[test]
    fn an_event_has_one_id_and_no_other_has_it() {
        let (store, other) = (StoreId::new(1003).unwrap(), StoreId::new(1004).unwrap());
        let key = StoreKey::new("abcdefghij0123456789").ok();
        let place = |number| EventPosition::new(number).unwrap();
        let id = WebhookEventId::of(store, key, place(7));
        assert_eq!(id, WebhookEventId::of(store, key, place(7)));
        for another in [
            WebhookEventId::of(store, key, place(8)),
            WebhookEventId::of(other, key, place(7)),
            WebhookEventId::of(store, None, place(7)),
        ] {
            assert_ne!(id, another);
        }
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert_eq!((&text[14..15], text.len()), ("8", 36), "{text}");
        assert!("89ab".contains(&text[19..20]), "{text}");
    }

    #[test]
    fn what_is_no_uuid_is_no_id_of_an_event() {
        for text in
            ["", "abc", "00000000000000000000000000000000", "0000000-00000-0000-0000-000000000000", "é"]
        {
            assert!(text.parse::<WebhookEventId>().is_err(), "{text}");
        }
    }
}
