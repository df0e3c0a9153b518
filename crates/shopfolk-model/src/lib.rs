//! The words and the rules of Shopfolk.
//!
//! Everything in this crate is pure: no I/O, no async, no clock, no database, no HTTP. Time and randomness come in
//! as arguments. The types are made so that a value of them is right: text is trimmed, bounded and free of control
//! characters, an id is in its range, a date is a date. Nothing has to be checked twice.
//!
//! The rules live in aggregates with plain functions that answer with the rows to write, or say why not:
//! [`ContactBook`] is the list of one customer's contacts, [`GroupBook`] the customer groups of a store,
//! [`ExtraFieldBook`] its extra fields. What searches find, and in which order, is a rule too: [`SearchedCustomer`],
//! [`SearchedOrder`].
//!
//! To add a resource: a file with its words (the record, what a caller may say of a new one and of a change), its
//! rules as functions beside them, and their tests in the same file.

mod address_book;
mod app;
mod app_scopes;
mod app_url;
mod batch;
mod client_secret;
mod contact;
mod contact_book;
mod contact_handle;
mod contact_key;
mod contact_type;
mod country;
mod customer;
mod customer_filters;
mod customer_position;
mod customer_version;
mod delivery;
mod email;
mod event;
mod extra_field;
mod extra_field_book;
mod group;
mod group_book;
mod id;
mod installation;
mod lab;
mod language;
mod money;
mod order;
mod order_search;
mod owner;
mod phone;
mod primary_phone;
mod receiver_address;
mod redirect_url;
mod scope;
mod search;
mod searched_customer;
mod secret_text;
mod store;
mod store_profile;
mod test_clock;
mod text;
mod text_key;
mod timestamp;
mod token;
mod webhook;
mod webhook_delivery;
mod webhook_event;
mod whereabouts;

pub use address_book::{AddressBook, AddressEntry, AddressRuleError, ShippingAddress};
pub use app::{
    App, AppChange, AppRuleError, ClientId, InvalidClientId, MAXIMUM_APPS, MAXIMUM_REDIRECT_URLS,
    MAXIMUM_WEBHOOKS, NewApp,
};
pub use app_scopes::{AppScopes, InvalidAppScopes};
pub use app_url::InvalidAppUrl;
pub use batch::*;
pub use client_secret::{ClientSecret, InvalidSealedSecret, SealedSecret};
pub use contact::{
    Contact, ContactAddress, ContactChange, ContactEntry, FieldChange, NewContact, OrderBy, OrderByError,
};
pub use contact_book::{Addition, BookChange, BookSummary, ContactBook, ContactRuleError, ContactWrite};
pub use contact_key::ContactKey;
pub use contact_type::{ContactType, UnknownContactType};
pub use country::{CountryCode, UnknownCountry};
pub use customer::{
    Customer, CustomerChange, CustomerDetails, CustomerDetailsChange, CustomerKind, DeletedCustomer,
    NewCustomer, UnknownCustomerKind, time_of_change,
};
pub use customer_filters::{
    MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES, MAXIMUM_LISTED_PRODUCTS, MAXIMUM_SHIPPING_PLACES,
    OrderingCustomers, ShippingPlace,
};
pub use customer_position::{CustomerPosition, SortKey};
pub use customer_version::CustomerVersion;
pub use delivery::{
    FAILURES_SWITCH_OFF_AFTER, InvalidWebhookEventId, LONGEST_WAIT, WEBHOOK_RETRIES, WebhookEventId,
    is_delivered, next_try,
};
pub use email::{EmailAddress, InvalidEmailAddress, email_key};
pub use event::{Actor, Event, EventType, Happening};
pub use extra_field::{
    ExtraField, ExtraFieldChange, ExtraFieldEntry, ExtraFieldKey, ExtraFieldType, InvalidExtraFieldKey,
    NewExtraField, UnknownExtraFieldType,
};
pub use extra_field_book::{ExtraFieldBook, ExtraFieldRuleError, ExtraFieldValues};
pub use group::{CustomerGroup, GroupChange, NewGroup};
pub use group_book::{GroupBook, GroupFilter, GroupRuleError};
pub use id::*;
pub use installation::{AUTHORIZATION_CODE_SECONDS, AuthorizationCode, Installation};
pub use lab::*;
pub use language::{InvalidLanguage, LanguageCode};
pub use money::{InvalidMoney, Money};
pub use order::{InvalidOrderKey, MAXIMUM_ORDER_ITEMS, Order, OrderKey, OrderStatistics, OrderedProduct};
pub use order_search::{OrderSearch, SearchedBuyer, SearchedOrder};
pub use owner::{
    InvalidPassword, InvalidPasswordHash, MAXIMUM_OWNERS, MAXIMUM_SESSIONS, Owner, Password, PasswordHash,
    SESSION_SECONDS, Session, SessionKey,
};
pub use phone::PhoneDigits;
pub use primary_phone::PrimaryPhone;
pub use receiver_address::{AddressPolicy, RefusedAddress};
pub use redirect_url::RedirectUrl;
pub use scope::{Scope, ScopeSet, UnknownScope};
pub use search::{
    ContactFilter, ContactTypeSet, CustomerSearch, CustomerSort, EmailFilter, MAXIMUM_SEARCH_ENTRIES,
    SearchText, SearchTextError, SortField, Span, UnknownSort,
};
pub use searched_customer::{SearchedCustomer, SortValue};
pub use store::{InvalidStoreKey, Store, StoreKey};
pub use store_profile::{ProfileSection, ProfileTooLarge, StoreProfile};
pub use test_clock::{ClockTooFarAhead, MOST_AHEAD, TestClock};
pub use text::*;
pub use text_key::{
    LONGEST_SORTED_KEY, is_namesake_key, namesake_key, searched_key, sorted_key, spelling_key, unique_key,
};
pub use timestamp::{Day, Timestamp, TimestampError};
pub use token::{Token, TokenHash, TokenKind, TokenRecord};
pub use webhook::{InvalidWebhookHeader, MAXIMUM_WEBHOOK_HEADERS, Webhook, WebhookHeader, WebhookUrl};
pub use webhook_delivery::{
    AttemptOutcome, DeliveredEvent, DeliveryQueue, WebhookAttempt, WebhookDelivery, WebhookName,
    WebhookReader,
};
pub use webhook_event::{EventSpelling, UnknownWebhookEvent, WebhookEvent, WebhookEventSet};
pub use whereabouts::{Whereabouts, WhereaboutsChange};

/// The most contacts one customer can have; one more is refused.
pub const MAXIMUM_CONTACTS: u32 = 500;

/// The most shipping addresses one customer can have.
pub const MAXIMUM_ADDRESSES: u32 = 100;

/// The most customer groups one store can have, the built-in one not counted; one more is refused.
pub const MAXIMUM_GROUPS: u32 = 1_000;

/// The most extra fields of customers one store can have; one more is refused.
pub const MAXIMUM_EXTRA_FIELDS: u32 = 100;
