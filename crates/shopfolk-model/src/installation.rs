//! An app that was let into a store, and the code by which it gets its tokens.

use crate::{AppId, AppScopes, EmailAddress, RedirectUrl, Timestamp, TokenHash, TokenId};

/// An app in a store that let it in. Its tokens name the app ([`crate::TokenRecord::app`]): one secret, and one public where
/// it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The app.
    pub app: AppId,
    /// What it was granted.
    pub scopes: AppScopes,
    /// Since when it is let in.
    pub installed: Timestamp,
}

/// For how many seconds a code can be exchanged for tokens (platform, "Apps and tokens").
pub const AUTHORIZATION_CODE_SECONDS: i64 = 300;

/// A code that an app got when it was let in, and exchanges for its tokens, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The app.
    pub app: AppId,
    /// The hash of the code.
    pub hash: TokenHash,
    /// The e-mail address of the owner who let it in, which the app is told.
    pub email: EmailAddress,
    /// Where the owner was sent back to.
    pub redirect_url: RedirectUrl,
    /// When it was given.
    pub created: Timestamp,
    /// The secret token that it was exchanged for; `None` while it was not.
    pub token: Option<TokenId>,
}

impl AuthorizationCode {
    /// Whether its time is over.
    pub const fn is_over(&self, now: Timestamp) -> bool {
        now.unix_seconds() >= self.created.unix_seconds() + AUTHORIZATION_CODE_SECONDS
    }
}
