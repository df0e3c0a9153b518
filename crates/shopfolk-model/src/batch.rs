//! Batches: requests that are sent together and run beside their caller (`docs/apps.md`, *Batches*).

use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

use crate::{BatchGroup, BatchId, Timestamp, TokenId};

/// The most requests of a batch.
pub const MAXIMUM_BATCH_REQUESTS: usize = 500;

/// The most requests of a batch in parallel mode that are under way at once.
pub const MAXIMUM_PARALLEL_REQUESTS: usize = 100;

/// The most batches of a store that are not completed; one more is refused.
pub const MAXIMUM_UNFINISHED_BATCHES: u32 = 500;

/// For so many seconds a deduplication key stands for the batch that came with it first.
pub const DEDUPLICATION_SECONDS: i64 = 3_600;

/// For so many seconds a batch is kept after it was completed.
pub const KEPT_BATCH_SECONDS: i64 = 24 * 3_600;

/// So many completed batches of a store are kept at the most, the latest ones.
pub const MAXIMUM_KEPT_BATCHES: usize = 10_000;

/// So many bytes of answers of completed batches are kept in a store at the most, those of the latest ones: 1 GiB.
pub const MAXIMUM_KEPT_ANSWER_BYTES: u64 = 1 << 30;

/// The most bytes of one answer in a batch: 1 MiB.
pub const MAXIMUM_BATCH_ANSWER: usize = 1 << 20;

/// The most bytes that the answers of a batch have together: 64 MiB.
pub const MAXIMUM_BATCH_ANSWERS: u64 = 64 << 20;

/// The text is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID, such as 0f8fad5b-d9cb-469f-a165-70867728950e")]
pub struct InvalidUuid;

macro_rules! uuids {
    ($($(#[$meta:meta])* $name:ident;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(Uuid);

            impl fmt::Display for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.hyphenated().fmt(formatter)
                }
            }

            impl FromStr for $name {
                type Err = InvalidUuid;

                fn from_str(text: &str) -> Result<Self, InvalidUuid> {
                    Uuid::try_parse(text.trim()).map(Self).map_err(|_| InvalidUuid)
                }
            }
        )+
    };
}

uuids! {
    /// By which callers know a batch.
    Ticket;
    /// What a caller sends along, so that a batch that is sent twice is one.
    DeduplicationKey;
}

impl Ticket {
    /// A ticket of these random bytes.
    pub const fn of_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchStatus {
    /// Nothing of it was begun.
    Queued,
    /// It was begun.
    InProgress,
    /// Nothing of it will run any more.
    Completed,
}

impl BatchStatus {
    /// Every status.
    pub const ALL: &[Self] = &[Self::Queued, Self::InProgress, Self::Completed];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
        }
    }
}

/// The text names no status of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of QUEUED, IN_PROGRESS, COMPLETED")]
pub struct UnknownBatchStatus;

impl FromStr for BatchStatus {
    type Err = UnknownBatchStatus;

    fn from_str(name: &str) -> Result<Self, UnknownBatchStatus> {
        let named = |status: &&Self| status.name().eq_ignore_ascii_case(name.trim());
        Self::ALL.iter().find(named).copied().ok_or(UnknownBatchStatus)
    }
}

/// How the requests of a batch are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchMode {
    /// Whether several are under way at once.
    pub parallel: bool,
    /// Whether no further one is begun once one has failed.
    pub stop_on_first_failure: bool,
}

/// A batch, but for its requests and their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// By which rows name it.
    pub id: BatchId,
    /// By which callers know it.
    pub ticket: Ticket,
    /// The token that sent it, and as which its requests run.
    pub token: TokenId,
    /// What it can be cancelled by, with others.
    pub group: Option<BatchGroup>,
    /// What stands for it; gone when another batch came with the same key later.
    pub deduplication_key: Option<DeduplicationKey>,
    /// How its requests are run.
    pub mode: BatchMode,
    /// How many requests it has.
    pub requests: u32,
    /// When it was sent.
    pub created: Timestamp,
    /// When it was begun.
    pub begun: Option<Timestamp>,
    /// When it was completed: nothing of it will run any more.
    pub completed: Option<Timestamp>,
    /// How many bytes its answers have, once it is completed.
    pub answer_bytes: u64,
}

impl Batch {
    /// How far it is.
    pub const fn status(&self) -> BatchStatus {
        match (self.begun, self.completed) {
            (_, Some(_)) => BatchStatus::Completed,
            (Some(_), None) => BatchStatus::InProgress,
            (None, None) => BatchStatus::Queued,
        }
    }

    /// Whether its deduplication key still stands for it.
    pub const fn is_deduplicated_at(&self, now: Timestamp) -> bool {
        now.unix_seconds() < self.created.unix_seconds() + DEDUPLICATION_SECONDS
    }

    /// Whether it is to be kept, for its age alone.
    pub fn is_kept_at(&self, now: Timestamp) -> bool {
        self.completed.is_none_or(|then| now.unix_seconds() < then.unix_seconds() + KEPT_BATCH_SECONDS)
    }
}

/// The method of a request in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchMethod {
    /// `GET`
    Get = 1,
    /// `POST`
    Post = 2,
    /// `PUT`
    Put = 3,
    /// `DELETE`
    Delete = 4,
}

impl BatchMethod {
    /// Every method.
    pub const ALL: &[Self] = &[Self::Get, Self::Post, Self::Put, Self::Delete];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// The number by which it is kept.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The method of this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.code() == code)
    }
}

/// The text names no method that a batch can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of GET, POST, PUT, DELETE")]
pub struct UnknownBatchMethod;

impl FromStr for BatchMethod {
    type Err = UnknownBatchMethod;

    fn from_str(name: &str) -> Result<Self, UnknownBatchMethod> {
        let named = |method: &&Self| method.name().eq_ignore_ascii_case(name.trim());
        Self::ALL.iter().find(named).copied().ok_or(UnknownBatchMethod)
    }
}

/// A request of a batch, as it was sent: whether it is one that can be answered turns out when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRequest {
    /// What the caller calls it.
    pub name: String,
    /// Its method.
    pub method: BatchMethod,
    /// Its path within the store, with or without a slash before it, and its query.
    pub path: String,
    /// Its body.
    pub body: Option<String>,
}

impl BatchRequest {
    /// The path within the store and the query, without a slash before them or a question mark with nothing behind it.
    pub fn target(&self) -> &str {
        let path = self.path.trim();
        let path = path.strip_suffix('?').unwrap_or(path);
        path.strip_prefix('/').unwrap_or(path)
    }
}

/// The status of an answer in HTTP, from 100 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerStatus(u16);

/// The number is no status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a status of HTTP, from 100 to 599")]
pub struct InvalidAnswerStatus;

impl AnswerStatus {
    /// The status with this number.
    ///
    /// # Errors
    /// When there is none.
    pub const fn new(number: u16) -> Result<Self, InvalidAnswerStatus> {
        match number {
            100..=599 => Ok(Self(number)),
            _ => Err(InvalidAnswerStatus),
        }
    }

    /// Its number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether the request did what it was to do.
    pub const fn is_success(self) -> bool {
        self.0 / 100 == 2
    }
}

/// What a request of a batch was answered with: this, and whatever the request changed, came to be together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchAnswer {
    /// The status.
    pub status: AnswerStatus,
    /// The body, which is JSON.
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> BatchRequest {
        BatchRequest { name: String::new(), method: BatchMethod::Get, path: path.to_owned(), body: None }
    }

    #[test]
    fn a_path_may_begin_with_a_slash_and_end_with_a_bare_question_mark() {
        for path in ["profile", "/profile", "profile?", "/profile?", " /profile "] {
            assert_eq!(request(path).target(), "profile", "{path:?}");
        }
        assert_eq!(request("/customers?limit=1").target(), "customers?limit=1");
        assert_eq!(request("//customers").target(), "/customers", "one slash is passed over, and no more");
    }

    #[test]
    fn a_ticket_is_a_uuid_of_the_fourth_version() {
        let ticket = Ticket::of_random([0xff; 16]).to_string();
        assert_eq!(ticket, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(ticket.to_uppercase().parse::<Ticket>().unwrap().to_string(), ticket);
        assert_eq!("11kl140a2-966f-1a9f-b4e6-fc451bc78570".parse::<Ticket>(), Err(InvalidUuid));
    }

    #[test]
    fn every_method_is_found_by_its_code_and_its_name() {
        for &method in BatchMethod::ALL {
            assert_eq!(BatchMethod::from_code(method.code()), Some(method));
            assert_eq!(method.name().to_lowercase().parse(), Ok(method));
        }
        assert_eq!(BatchMethod::from_code(0), None);
        assert_eq!("PATCH".parse::<BatchMethod>(), Err(UnknownBatchMethod));
    }
}
