//! Why an operation changes nothing.

use shopfolk_model::{
    AddressRuleError, AppRuleError, ClientId, ContactId, ContactRuleError, CustomerId, EmailAddress,
    ExternalReferenceId, ExtraFieldKey, ExtraFieldRuleError, GroupId, GroupRuleError, MAXIMUM_OWNERS,
    MAXIMUM_UNFINISHED_BATCHES, ProfileTooLarge, Scope, StoreId, Ticket, TokenId,
};
use shopfolk_store::StoreError;

/// Why a walk ends between two portions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Nobody waits for it any longer.
    TimeIsUp,
    /// The program is about to end.
    ShuttingDown,
}

/// Why an operation changed nothing and has no answer; but for [`Self::Stopped`] and
/// [`Self::ReplayStopped`], which say what was done.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no such store.
    #[error("Store #{id} not found")]
    StoreNotFound {
        /// The id that was asked for.
        id: StoreId,
    },
    /// The store of the transaction went since its caller was let in.
    #[error("Store not found")]
    StoreIsGone,
    /// The profile would be too large.
    #[error(transparent)]
    ProfileTooLarge(#[from] ProfileTooLarge),
    /// There is a store with that id already.
    #[error("Store #{id} already exists")]
    StoreExists {
        /// The id that was asked for.
        id: StoreId,
    },
    /// The store has no such token.
    #[error("Token #{id} not found")]
    TokenNotFound {
        /// The id that was asked for.
        id: TokenId,
    },
    /// The store has a token with that text already.
    #[error("The store already has that token")]
    TokenExists,
    /// There is no such app.
    #[error("App {id} not found")]
    AppNotFound {
        /// The client id that was asked for.
        id: ClientId,
    },
    /// There is an app with that number already.
    #[error("App {id} already exists: try again")]
    AppExists {
        /// The client id that was drawn.
        id: ClientId,
    },
    /// The store has not let that app in.
    #[error("App {id} is not installed in the store")]
    AppNotInstalled {
        /// The client id that was asked for.
        id: ClientId,
    },
    /// The store has not granted the app the scope without which it is not told of such an event.
    #[error("App {id} lacks the access scope {scope} in the store")]
    AppLacksScope {
        /// The client id.
        id: ClientId,
        /// The scope.
        scope: Scope,
    },
    /// A rule about apps says no.
    #[error(transparent)]
    AppRule(#[from] AppRuleError),
    /// The store has no such owner.
    #[error("Owner '{email}' not found")]
    OwnerNotFound {
        /// The address that was asked for.
        email: EmailAddress,
    },
    /// The store has an owner with that e-mail address already.
    #[error("Owner '{email}' already exists")]
    OwnerExists {
        /// The address that was given.
        email: EmailAddress,
    },
    /// The store has as many owners as it can have.
    #[error("a store can have at most {MAXIMUM_OWNERS} owners")]
    TooManyOwners,
    /// The store has no such customer.
    #[error("Customer #{id} not found")]
    CustomerNotFound {
        /// The id that was asked for.
        id: CustomerId,
    },
    /// The customer has no such contact.
    #[error("Customer contact #{id} not found")]
    ContactNotFound {
        /// The id that was asked for.
        id: ContactId,
    },
    /// The store has no such customer group.
    #[error("Customer group #{id} not found")]
    GroupNotFound {
        /// The id that was asked for.
        id: GroupId,
    },
    /// The store has no such extra field.
    #[error("Extra field '{key}' not found")]
    ExtraFieldNotFound {
        /// The key that was asked for.
        key: ExtraFieldKey,
    },
    /// A customer is to be in a group that is not there.
    #[error("there is no customer group #{id}")]
    UnknownGroup {
        /// The id that was given.
        id: GroupId,
    },
    /// The token has sent no such batch.
    #[error("Batch '{ticket}' not found")]
    BatchNotFound {
        /// The ticket that was asked for.
        ticket: Ticket,
    },
    /// More batches wait than the store may have waiting.
    #[error(
        "the store has {MAXIMUM_UNFINISHED_BATCHES} batches that are not completed: try again when some are"
    )]
    TooManyBatches,
    /// A request of a batch was to run, and nothing of the batch is to run any more.
    #[error("the batch was cancelled or deleted")]
    BatchIsOver,
    /// The store has no such order.
    #[error("Order '{name}' not found")]
    OrderNotFound {
        /// The key or number that was asked for.
        name: String,
    },
    /// A customer who is not there is said to have ordered.
    #[error("there is no customer #{id}")]
    UnknownCustomer {
        /// The id that was given.
        id: CustomerId,
    },
    /// An order says neither who ordered nor with which e-mail address.
    #[error("an order must have an email or a customerId")]
    NobodyOrdered,
    /// An order has no e-mail address, and neither has who ordered.
    #[error("customer #{id} has no email: the order must have one")]
    BuyerWithoutEmail {
        /// The customer.
        id: CustomerId,
    },
    /// A customer's orders would be worth more than can be kept.
    #[error("the orders of the customer would be worth more than can be kept")]
    SalesTooLarge,
    /// All keys that were drawn for an order are taken.
    #[error("no free key was found for the order: try again")]
    NoOrderKey,
    /// A rule about customer groups says no.
    #[error(transparent)]
    GroupRule(#[from] GroupRuleError),
    /// A rule about extra fields says no.
    #[error(transparent)]
    ExtraFieldRule(#[from] ExtraFieldRuleError),
    /// A customer that is not there yet comes without an e-mail address.
    #[error("a new customer must have an email")]
    EmailMissing,
    /// A customer that is not there yet comes without any way to reach it.
    #[error("a new customer must have an email or a contact")]
    Unreachable,
    /// Customers without e-mail address and external reference are found by their contacts, of which there are too many.
    #[error(
        "the store has too many contacts to find a customer by them: give an email or an externalReferenceId"
    )]
    TooManyContactsToMatch,
    /// Another customer of the store has that e-mail address.
    #[error("Customer with email '{email}' already exists")]
    EmailInUse {
        /// The address.
        email: EmailAddress,
    },
    /// Another customer of the store has that external reference.
    #[error("Customer with externalReferenceId '{reference}' already exists")]
    ExternalReferenceInUse {
        /// The reference.
        reference: ExternalReferenceId,
    },
    /// A rule about shipping addresses says no.
    #[error(transparent)]
    AddressRule(#[from] AddressRuleError),
    /// A rule about contacts says no.
    #[error(transparent)]
    ContactRule(#[from] ContactRuleError),
    /// A walk was stopped between two portions. What was changed stays; done again, it goes on from there.
    #[error("stopped after {changed} customers")]
    Stopped {
        /// Why.
        reason: StopReason,
        /// How many customers were changed or deleted.
        changed: u64,
    },
    /// Sending events again was stopped between two portions. What was found until then is sent; done again, the rest is.
    #[error("stopped after {replayed} events")]
    ReplayStopped {
        /// Why.
        reason: StopReason,
        /// How many events are sent again.
        replayed: usize,
    },
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
