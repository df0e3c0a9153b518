//! What can be done: each operation reads the rows that its rule needs, asks the rule, writes what it answers and
//! appends the event, in one transaction.
//!
//! Written once for all engines and all doors: the API, the command line, and those to come. An operation is a value
//! that is handed to [`shopfolk_store::Engine::read`] or [`shopfolk_store::Engine::write`] together with the store it
//! is for. It knows nothing of HTTP and nothing of SQL; time comes in as a field.
//!
//! To add one: a struct with its inputs in the file of its resource, and its `run`.

mod access;
mod add_customers;
mod apps;
mod batch_work;
mod batches;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contacts;
mod copy;
mod customer_filters;
mod customer_portion;
mod customers;
mod error;
mod export;
mod extra_fields;
mod forget_batches;
mod groups;
mod import;
mod import_definitions;
mod import_orders;
mod installations;
mod mass_change;
mod orders;
mod owners;
mod password;
mod portions;
mod profile;
mod search;
mod secret_key;
mod stores;
mod text_keys;
mod tokens;
mod webhooks;

pub use access::FindAccess;
pub use add_customers::AddCustomers;
pub use apps::{ChangeApp, ChangeClientSecret, CreateApp, GetApp, ListApps, delete_app};
pub use batch_work::{
    BatchEntry, BatchWork, ClaimBatches, ClaimedBatch, FinishBatch, ReadBatchWork, RecordBatchAnswer,
    RenewClaim, answered, has_room_for_answer, keep_answer,
};
pub use batches::{
    AnsweredRequest, BatchAnswers, BatchSearch, CancelBatches, CreateBatch, DeleteBatch, FindBatch,
    FoundBatch, ReadBatchAnswers, list_batches,
};
pub use contacts::{
    ChangeContact, ContactCreation, ContactUpdate, CreateContact, DeleteContact, GetContact, OrderContacts,
};
pub use copy::{Checksum, CopyError, CopyPhase, CopyProgress, StoreContents, copy_store};
pub use customer_filters::{CustomerFilters, ListCustomerCountries, ListCustomerFilters};
pub use customers::{
    ChangeCustomer, ChangeSeenCustomer, CreateCustomer, CustomerUpdate, CustomerWithContacts, DeleteCustomer,
    ListDeletedCustomers,
};
pub use error::{OperationError, StopReason};
pub use export::{CustomerExtent, ExportCustomers, Exported};
pub use extra_fields::{
    ChangeExtraField, CreateExtraField, GetExtraField, ListExtraFields, LookOverValues, delete_extra_field,
};
pub use forget_batches::forget_batches;
pub use groups::{ChangeGroup, CreateGroup, GetGroup, ListGroups, delete_group, touch_customers_of_group};
pub use import::{
    CustomerImport, ImportConflict, ImportCustomers, ImportOutcome, ImportRules, Imported, ImportedCustomer,
    ImportedExtraField, ImportedGroup, ImportedPart, LeftOut, LeftOutReason, Lists, MatchBy, MatchedKey,
    Missing, Only, Unfit, WithoutEmail,
};
pub use import_definitions::{ExtraFieldDefinition, ImportExtraFields, ImportGroups};
pub use import_orders::{ImportOrders, ImportedOrder};
pub use installations::{
    AllowApp, CodeExchange, ExchangeCode, GetInstallation, InstallApp, ListInstallations, ListTokensOfApp,
    NewTokens, TokensOfApp, UninstallApp,
};
pub use mass_change::{ManyCustomers, MassChange, change_many_customers};
pub use orders::{
    DeleteOrder, FoundOrders, GetOrder, ListProducts, OrderName, RecordOrder, SearchOrders, WantedOfOrders,
};
pub use owners::{
    BeginSession, ChangePassword, CreateOwner, DeleteOwner, EndSession, FindOwner, FindSession, ListOwners,
};
pub use password::{HashingError, hash_password, is_password};
pub use portions::{
    CustomerPortion, OrderPortion, PORTION_BYTES, ReadContacts, ReadCustomer, ReadCustomers, ReadOrders,
};
pub use profile::{ChangeProfile, FindLatestChanges, LatestChanges};
pub use search::{FoundCustomers, SearchCustomerIds, SearchCustomers, Wanted};
pub use secret_key::{InvalidSecretKey, NoSecretKey, SecretKey, SecretKeys, WrongSecretKey};
pub use stores::{CreateStore, GetStore, SetStoreSuspended};
pub use text_keys::{renew_store, renew_text_keys};
pub use tokens::{CreateToken, ListTokens, NoteTokenUse, RevokeToken};
pub use webhooks::{
    AdvanceClock, AttemptFilter, Claim, ClaimDeliveries, DueDeliveries, EventsTaken, ForgetAttempts, GetApps,
    GetAttempt, GetEmails, GetReader, ListAttempts, ListedAttempts, MoveClock, NextWebhook, NoteAttempt,
    ReleaseDeliveries, ReplayAttempts, ResetClock, SettleTries, SettledTry, StopListening, TakeEvents,
    TriggerEvent, WaitingBehind, replay_failed, start_listening, webhooks_for,
};
