//! Who brings the deliveries of a store.
//!
//! A node that brings them raises a number again and again. Another one takes over only when it saw that number stand still
//! for long, by its own clock: the clocks of nodes need not agree. On the embedded engine there is no other node, and
//! nothing is noted.

use shopfolk_model::WebhookReader;
use shopfolk_store::{Dialect, ReadTx, StoreError, WriteOperation, WriteTx};

/// Who brings the deliveries of a store, as somebody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The node; 0 where none does.
    pub holder: u64,
    /// The number that it raises.
    pub beat: u64,
}

impl Claim {
    /// That of a reader.
    pub const fn of(reader: &WebhookReader) -> Self {
        Self { holder: reader.holder, beat: reader.beat }
    }
}

/// The reader of the store, if this node brings its deliveries, or does from now on because nobody did. Its number is raised,
/// and whoever calls writes it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn held<T: ReadTx>(
    tx: &mut T,
    node: u64,
) -> Result<Result<WebhookReader, Option<Claim>>, StoreError> {
    let Some(reader) = tx.get::<WebhookReader>(()).await? else { return Ok(Err(None)) };
    if tx.dialect() == Dialect::Sqlite {
        return Ok(Ok(reader));
    }
    if reader.holder != node && reader.holder != 0 {
        return Ok(Err(Some(Claim::of(&reader))));
    }
    Ok(Ok(WebhookReader { holder: node, beat: reader.beat + 1, ..reader }))
}

/// Writes a reader, where there is something to note.
///
/// # Errors
/// When the database fails.
pub(crate) async fn note<T: WriteTx>(
    tx: &mut T,
    reader: WebhookReader,
    moved: bool,
) -> Result<(), StoreError> {
    if moved || tx.dialect() != Dialect::Sqlite { tx.update(&[reader]).await } else { Ok(()) }
}

/// Says that this node brings the deliveries of a store, or still does. Answers who does otherwise.
#[derive(Debug, Clone, Copy)]
pub struct ClaimDeliveries {
    /// The number of the node.
    pub node: u64,
    /// Who has stood still for so long that it is given up.
    pub instead_of: Option<Claim>,
}

impl WriteOperation for ClaimDeliveries {
    type Output = Result<(), Option<Claim>>;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let reader = match held(tx, self.node).await? {
            Ok(reader) => reader,
            Err(Some(other)) if Some(other) == self.instead_of => {
                let Some(reader) = tx.get::<WebhookReader>(()).await? else { return Ok(Err(None)) };
                WebhookReader { holder: self.node, beat: reader.beat + 1, ..reader }
            }
            Err(other) => return Ok(Err(other)),
        };
        note(tx, reader, false).await.map(Ok)
    }
}

/// Says that this node does not bring the deliveries of a store any more.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseDeliveries {
    /// The number of the node.
    pub node: u64,
}

impl WriteOperation for ReleaseDeliveries {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        match held(tx, self.node).await? {
            Ok(reader) => note(tx, WebhookReader { holder: 0, ..reader }, false).await,
            Err(_) => Ok(()),
        }
    }
}
