//! Letting apps into a store, and shutting them out (platform, "Apps and tokens").

use shopfolk_model::{
    AppId, AppScopes, AuthorizationCode, ClientId, EmailAddress, Happening, Installation, RedirectUrl, Store,
    StoreId, Timestamp, TokenHash, TokenId, TokenKind, TokenRecord,
};
use shopfolk_store::{
    Length, PORTION, Portion, Query, ReadOperation, ReadTx, Record, StoreError, Stored, StoredToken,
    TOKENS_OF_APP, WalkPosition, Which, WriteOperation, WriteTx,
};

use crate::{OperationError, start_listening};

/// The codes that an app has in a store at the most, old and used ones too: one more is given in the place of the oldest.
const MOST_CODES: usize = 20;

/// Lists the apps that a store let in.
#[derive(Debug, Clone, Copy)]
pub struct ListInstallations {
    /// Those behind this position.
    pub after: Option<WalkPosition>,
}

impl ReadOperation for ListInstallations {
    /// Some of them, by the numbers of their apps; `None` when there are no more.
    type Output = Option<Portion<Installation>>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.list_after(self.after, u32::try_from(PORTION).unwrap_or(u32::MAX)).await
    }
}

/// Finds the installation of an app in a store; `None` when the store has not let it in.
#[derive(Debug, Clone, Copy)]
pub struct GetInstallation {
    /// The app.
    pub app: AppId,
}

impl ReadOperation for GetInstallation {
    type Output = Option<Installation>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.get((self.app,)).await
    }
}

/// Lists the tokens that an app has in a store.
#[derive(Debug, Clone, Copy)]
pub struct ListTokensOfApp {
    /// The app.
    pub app: AppId,
}

impl ReadOperation for ListTokensOfApp {
    type Output = Vec<TokenRecord>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        Ok(tokens_of(tx, self.app).await?.into_iter().map(|token| token.record).collect())
    }
}

/// The hashes of the tokens that an app is to have. Whether the public one is kept is for its scopes to say.
#[derive(Debug, Clone, Copy)]
pub struct NewTokens {
    /// Of the secret one.
    pub secret: TokenHash,
    /// Of the public one.
    pub public: TokenHash,
}

/// The tokens that an app has now; the ones it had before are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokensOfApp {
    /// The secret one.
    pub secret: TokenRecord,
    /// The public one, where it asked for that.
    pub public: Option<TokenRecord>,
}

/// Lets an app into a store and gives it its tokens at once, for whoever may do anything in the store.
#[derive(Debug, Clone)]
pub struct InstallApp {
    /// The store; the same as that of the transaction.
    pub store: StoreId,
    /// The app.
    pub app: AppId,
    /// What it is granted.
    pub scopes: AppScopes,
    /// Its tokens.
    pub tokens: NewTokens,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for InstallApp {
    type Output = TokensOfApp;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let installation = let_in(tx, self.store, self.app, &self.scopes, self.now).await?;
        Ok(give_tokens(tx, &installation, self.tokens, self.now).await?)
    }
}

/// Lets an app into a store, as an owner wants it, and gives it a code for its tokens.
#[derive(Debug, Clone)]
pub struct AllowApp {
    /// The store; the same as that of the transaction.
    pub store: StoreId,
    /// The app.
    pub app: AppId,
    /// What it is granted.
    pub scopes: AppScopes,
    /// The hash of the code.
    pub code: TokenHash,
    /// The e-mail address of the owner.
    pub email: EmailAddress,
    /// Where the owner is sent back to.
    pub redirect_url: RedirectUrl,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for AllowApp {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let Self { store, app, code: hash, now, .. } = *self;
        let_in(tx, store, app, &self.scopes, now).await?;
        let mut codes: Vec<AuthorizationCode> = tx.all(Query::of::<AuthorizationCode>(&[app.get()])).await?;
        codes.sort_by_key(|code| std::cmp::Reverse(code.created));
        let oldest = codes.iter().skip(MOST_CODES - 1).map(|code| (app, code.hash));
        tx.delete::<AuthorizationCode>(&oldest.collect::<Vec<_>>()).await?;
        let (email, redirect_url) = (self.email.clone(), self.redirect_url.clone());
        tx.insert(&[AuthorizationCode { app, hash, email, redirect_url, created: now, token: None }]).await?;
        Ok(())
    }
}

/// Exchanges a code for the tokens of an app, once.
#[derive(Debug, Clone)]
pub struct ExchangeCode {
    /// The app, which has shown that it is.
    pub app: AppId,
    /// The hash of the code.
    pub code: TokenHash,
    /// Where the owner is said to have been sent back to.
    pub redirect_url: RedirectUrl,
    /// The tokens that it is to have.
    pub tokens: NewTokens,
    /// Now.
    pub now: Timestamp,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeExchange {
    /// It was exchanged.
    Exchanged {
        /// What the app was granted.
        scopes: AppScopes,
        /// Its tokens.
        tokens: TokensOfApp,
        /// The e-mail address of the owner who let it in.
        email: EmailAddress,
    },
    /// The app has no such code for that URL, or its time is over.
    Unknown,
    /// It was exchanged before: whoever did so has lost the tokens now.
    UsedBefore,
}

impl WriteOperation for ExchangeCode {
    type Output = CodeExchange;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let Some(installation) = tx.get::<Installation>((self.app,)).await? else {
            return Ok(CodeExchange::Unknown);
        };
        let Some(code) = tx.get::<AuthorizationCode>((self.app, self.code)).await? else {
            return Ok(CodeExchange::Unknown);
        };
        if let Some(token) = code.token {
            // Somebody else knows the code. The tokens may have been others' for long.
            if tokens_of(tx, self.app).await?.iter().any(|known| known.record.id == token) {
                revoke_tokens(tx, self.app, self.now).await?;
            }
            return Ok(CodeExchange::UsedBefore);
        }
        if code.is_over(self.now) || code.redirect_url != self.redirect_url {
            return Ok(CodeExchange::Unknown);
        }
        let tokens = give_tokens(tx, &installation, self.tokens, self.now).await?;
        let email = code.email.clone();
        tx.update(&[AuthorizationCode { token: Some(tokens.secret.id), ..code }]).await?;
        Ok(CodeExchange::Exchanged { scopes: installation.scopes, tokens, email })
    }
}

/// Shuts an app out of a store: its tokens open nothing from now on.
#[derive(Debug, Clone, Copy)]
pub struct UninstallApp {
    /// The app.
    pub app: AppId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for UninstallApp {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let Self { app, now } = *self;
        if tx.get::<Installation>((app,)).await?.is_none() {
            return Err(OperationError::AppNotInstalled { id: ClientId(app) });
        }
        revoke_tokens(tx, app, now).await?;
        tx.delete::<Installation>(&[(app,)]).await?;
        Ok(tx.append(Happening::ApplicationUninstalled(app), now).await?)
    }
}

/// Lets an app in with these scopes, or grants these to one that is in.
async fn let_in<T: WriteTx>(
    tx: &mut T,
    store: StoreId,
    app: AppId,
    scopes: &AppScopes,
    now: Timestamp,
) -> Result<Installation, OperationError> {
    if tx.get::<Store>(()).await?.is_none() {
        return Err(OperationError::StoreNotFound { id: store });
    }
    let scopes = scopes.clone();
    let Some(before) = tx.get::<Installation>((app,)).await? else {
        let installation = Installation { app, scopes, installed: now };
        tx.insert(std::slice::from_ref(&installation)).await?;
        start_listening(tx, store).await?;
        tx.append(Happening::ApplicationInstalled(app), now).await?;
        return Ok(installation);
    };
    let installation = Installation { scopes, ..before.clone() };
    if installation != before {
        tx.update(std::slice::from_ref(&installation)).await?;
        tx.append(Happening::ApplicationChanged(app), now).await?;
    }
    Ok(installation)
}

/// Gives an app its tokens, in the place of those that it has.
async fn give_tokens<T: WriteTx>(
    tx: &mut T,
    installation: &Installation,
    hashes: NewTokens,
    now: Timestamp,
) -> Result<TokensOfApp, StoreError> {
    let Installation { app, scopes, .. } = installation;
    revoke_tokens(tx, *app, now).await?;
    let with_public = scopes.ask_for_public_token();
    let ids: Vec<TokenId> = tx.take_ids(if with_public { 2 } else { 1 }).await?;
    let kinds = [(TokenKind::Secret, hashes.secret), (TokenKind::Public, hashes.public)];
    let token = |(id, (kind, hash))| StoredToken {
        record: TokenRecord {
            id,
            kind,
            scopes: scopes.known(),
            app: Some(*app),
            created: now,
            last_used: None,
        },
        hash,
    };
    let tokens: Vec<StoredToken> = ids.into_iter().zip(kinds).map(token).collect();
    tx.insert(&tokens).await?;
    for token in &tokens {
        tx.append(Happening::TokenCreated(token.record.id), now).await?;
    }
    // As many as were asked for.
    let secret = tokens.first().ok_or(StoreError::OutOfIds { kind: "token" })?.record;
    Ok(TokensOfApp { secret, public: tokens.get(1).map(|token| token.record) })
}

async fn revoke_tokens<T: WriteTx>(tx: &mut T, app: AppId, now: Timestamp) -> Result<(), StoreError> {
    for token in tokens_of(tx, app).await? {
        let id = token.record.id;
        tx.delete::<StoredToken>(&[(id,)]).await?;
        tx.append(Happening::TokenRevoked(id), now).await?;
    }
    Ok(())
}

/// The tokens of an app.
async fn tokens_of<T: ReadTx>(tx: &mut T, app: AppId) -> Result<Vec<StoredToken>, StoreError> {
    let kinds = [TokenKind::Secret, TokenKind::Public];
    let keys = kinds.map(|kind| vec![app.store().into_owned(), kind.store().into_owned()]);
    tx.all(Query { table: StoredToken::TABLE, which: Which::Unique(&TOKENS_OF_APP, keys.into()) }).await
}
