//! The owners of a store, and their sessions.

use shopfolk_model::{
    EmailAddress, Happening, MAXIMUM_OWNERS, MAXIMUM_SESSIONS, Owner, OwnerId, PasswordHash, Session, Store,
    StoreId, Timestamp, TokenHash,
};
use shopfolk_store::{
    Length, Listed, OWNERS_BY_EMAIL, Query, ReadOperation, ReadTx, Record, StoreError, WriteOperation,
    WriteTx,
};

use crate::OperationError;

/// Lists the owners of a store, by id.
#[derive(Debug, Clone, Copy)]
pub struct ListOwners {
    /// The store; the same as that of the transaction.
    pub store: StoreId,
}

impl ReadOperation for ListOwners {
    type Output = Listed<Owner>;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if tx.get::<Store>(()).await?.is_none() {
            return Err(OperationError::StoreNotFound { id: self.store });
        }
        Ok(tx.list(Query::after(Owner::TABLE, None, MAXIMUM_OWNERS)).await?)
    }
}

/// Finds the owner of a store with this e-mail address.
#[derive(Debug, Clone)]
pub struct FindOwner {
    /// The address, in any case.
    pub email: EmailAddress,
}

impl ReadOperation for FindOwner {
    type Output = Option<Owner>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.find(&OWNERS_BY_EMAIL, self.email.key().into()).await
    }
}

/// Gives a store an owner.
#[derive(Debug, Clone)]
pub struct CreateOwner {
    /// The store; the same as that of the transaction.
    pub store: StoreId,
    /// By which they sign in.
    pub email: EmailAddress,
    /// Their password, hashed.
    pub password: PasswordHash,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateOwner {
    type Output = OwnerId;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if tx.get::<Store>(()).await?.is_none() {
            return Err(OperationError::StoreNotFound { id: self.store });
        }
        if tx.find::<Owner>(&OWNERS_BY_EMAIL, self.email.key().into()).await?.is_some() {
            return Err(OperationError::OwnerExists { email: self.email.clone() });
        }
        if tx.count(Owner::TABLE).await? >= MAXIMUM_OWNERS.into() {
            return Err(OperationError::TooManyOwners);
        }
        let id = tx.take_id().await?;
        let (email, password) = (self.email.clone(), self.password.clone());
        tx.insert(&[Owner { id, email, password, created: self.now, namesake: false }]).await?;
        tx.append(Happening::OwnerCreated(id), self.now).await?;
        Ok(id)
    }
}

/// Gives an owner another password, and ends all their sessions.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The owner.
    pub email: EmailAddress,
    /// The password, hashed.
    pub password: PasswordHash,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangePassword {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let owner = owner_of(tx, &self.email).await?;
        tx.delete_hanging::<Owner>(&[(owner.id,)]).await?;
        let id = owner.id;
        tx.update(&[Owner { password: self.password.clone(), ..owner }]).await?;
        Ok(tx.append(Happening::OwnerChanged(id), self.now).await?)
    }
}

/// Takes an owner from a store, and ends all their sessions.
#[derive(Debug, Clone)]
pub struct DeleteOwner {
    /// The owner.
    pub email: EmailAddress,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteOwner {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let Owner { id, .. } = owner_of(tx, &self.email).await?;
        tx.delete::<Owner>(&[(id,)]).await?;
        Ok(tx.append(Happening::OwnerDeleted(id), self.now).await?)
    }
}

async fn owner_of<T: WriteTx>(tx: &mut T, email: &EmailAddress) -> Result<Owner, OperationError> {
    let found: Option<Owner> = tx.find(&OWNERS_BY_EMAIL, email.key().into()).await?;
    found.ok_or_else(|| OperationError::OwnerNotFound { email: email.clone() })
}

/// Begins a session of an owner, who has shown the password; one too many ends the oldest.
#[derive(Debug, Clone, Copy)]
pub struct BeginSession {
    /// The owner.
    pub owner: OwnerId,
    /// The hash of what the browser will show.
    pub hash: TokenHash,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for BeginSession {
    /// Whether the owner is still there.
    type Output = bool;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let Self { owner, hash, now } = *self;
        if tx.get::<Owner>((owner,)).await?.is_none() {
            return Ok(false);
        }
        let mut sessions: Vec<Session> = tx.all(Query::of::<Session>(&[owner.get()])).await?;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.created));
        let is_old =
            |(place, session): &(usize, Session)| *place + 1 >= MAXIMUM_SESSIONS || session.is_over(now);
        let old = sessions.into_iter().enumerate().filter(is_old).map(|(_, session)| (owner, session.hash));
        tx.delete::<Session>(&old.collect::<Vec<_>>()).await?;
        tx.insert(&[Session { owner, hash, created: now }]).await?;
        Ok(true)
    }
}

/// Finds the owner whose session this is; `None` when there is none, or it is over.
#[derive(Debug, Clone, Copy)]
pub struct FindSession {
    /// The owner, as the browser says.
    pub owner: OwnerId,
    /// The hash of what the browser shows.
    pub hash: TokenHash,
    /// Now.
    pub now: Timestamp,
}

impl ReadOperation for FindSession {
    type Output = Option<Owner>;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let session: Option<Session> = tx.get((self.owner, self.hash)).await?;
        if session.is_none_or(|session| session.is_over(self.now)) {
            return Ok(None);
        }
        tx.get((self.owner,)).await
    }
}

/// Ends a session, if it is there.
#[derive(Debug, Clone, Copy)]
pub struct EndSession {
    /// The owner.
    pub owner: OwnerId,
    /// The hash of what the browser shows.
    pub hash: TokenHash,
}

impl WriteOperation for EndSession {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.delete_if_there::<Session>(&[(self.owner, self.hash)]).await
    }
}
