//! The owners of a store, and where they are signed in.

use shopfolk_model::{
    EmailAddress, EventType, MAXIMUM_OWNERS, Owner, OwnerId, PasswordHash, Session, Timestamp, TokenHash,
    is_namesake_key,
};

use crate::contacts::kept_key;
use crate::value::Made;
use crate::{Guard, IdKind, Lifecycle, Unique, record};

/// What is locked while owners come, go, or sign in.
const OWNERS_GUARD: Guard = Guard::Table("owners");

/// By the e-mail address.
pub const OWNERS_BY_EMAIL: Unique = Unique { name: "owners_by_email", columns: &["email_key"], only: None };

record! {
    owners: "owner" is Owner, by (OwnerId,);
    |owner, dialect| {
        Key owner_id: OwnerId = &owner.id;
        Value email: EmailAddress = &owner.email;
        Value email_key: String = Made(kept_key(&owner.email.key(), owner.namesake, owner.id.get(), dialect));
        Value password_hash: PasswordHash = &owner.password;
        Value created: Timestamp = &owner.created;
    }
    |store, reader| Self { id: owner_id, email, password: password_hash, created, namesake: is_namesake_key(&email_key) };
    ids: Some((IdKind::Owner, "owner_id"));
    unique: &[OWNERS_BY_EMAIL];
    guard: OWNERS_GUARD;
    lifecycle: Some(Lifecycle {
        created: EventType::OwnerCreated,
        changed: &[EventType::OwnerChanged],
        deleted: EventType::OwnerDeleted,
    });
    maximum: Some(MAXIMUM_OWNERS);
}

record! {
    owner_sessions: "session of an owner" is Session, by (OwnerId, TokenHash);
    |session, dialect| {
        Key owner_id: OwnerId = &session.owner;
        Key hash: TokenHash = &session.hash;
        Value created: Timestamp = &session.created;
    }
    |store, reader| Self { owner: owner_id, hash, created };
    owner: Some(crate::Owner { table: "owners", column: "owner_id" });
    guard: OWNERS_GUARD;
}
