//! Beginning and ending sessions of owners: the same for apps that want to be let in and for the pages.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_model::{Actor, EmailAddress, Owner, Password, SessionKey, StoreId};
use shopfolk_operations::{BeginSession, EndSession, FindOwner, is_password};
use shopfolk_store::Engine;

use super::session::{SignedIn, no_session_cookie, session_cookie};
use crate::app::App;
use crate::error::{ApiError, ErrorCode};
use crate::peer::PeerNetwork;

/// Why an owner is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// There is no such owner with that password.
    #[error("The store, the e-mail address or the password is wrong.")]
    Wrong,
    /// Too many passwords were wrong.
    #[error("{0}.")]
    TooManyTries(String),
}

impl SignInRefusal {
    /// The status of the answer.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Wrong => StatusCode::FORBIDDEN,
            Self::TooManyTries(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// Signs an owner in: the cookie that has the session, or why there is none.
///
/// # Errors
/// When the database fails.
pub(crate) async fn begin_session<E: Engine>(
    app: &App<E>,
    headers: &HeaderMap,
    store: StoreId,
    email: &str,
    password: &str,
) -> Result<Result<HeaderValue, SignInRefusal>, ApiError> {
    let said = EmailAddress::new(email).ok().zip(Password::tried(password.to_owned()));
    let Some((address, password)) = said else { return Ok(Err(SignInRefusal::Wrong)) };
    let owner = match owner_with(app, store, &address, password).await {
        Ok(owner) => owner,
        Err(error) if error.code() == ErrorCode::RateLimited => {
            return Ok(Err(SignInRefusal::TooManyTries(error.message().to_owned())));
        }
        Err(error) => return Err(error),
    };
    let Some(owner) = owner else { return Ok(Err(SignInRefusal::Wrong)) };
    let key = SessionKey::generate(&mut StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?);
    let begin = BeginSession { owner: owner.id, hash: key.hash(), now: app.now() };
    let is_there = app.engine.write(store, Actor::Owner, begin).await?;
    let cookie = session_cookie(headers, store, owner.id, &key);
    Ok(if is_there { Ok(cookie) } else { Err(SignInRefusal::Wrong) })
}

/// Ends a session: the cookie that has the browser forget it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn end_session<E: Engine>(
    app: &App<E>,
    headers: &HeaderMap,
    owner: &SignedIn,
) -> Result<HeaderValue, ApiError> {
    let end = EndSession { owner: owner.owner.id, hash: owner.hash() };
    app.engine.write(owner.store, Actor::Owner, end).await?;
    Ok(no_session_cookie(headers))
}

/// The owner with this address and password.
async fn owner_with<E: Engine>(
    app: &App<E>,
    store: StoreId,
    email: &EmailAddress,
    password: Password,
) -> Result<Option<Owner>, ApiError> {
    let (tries, peer) = (&app.sign_in_tries, PeerNetwork::current());
    let permit = tries.comparing.acquire().await.map_err(ApiError::internal)?;
    tries.check(peer, store, email, app.steady())?;
    let owner = app.engine.read(store, FindOwner { email: email.clone() }).await?;
    let hash = owner.as_ref().map(|owner| owner.password.clone());
    let comparing = tokio::task::spawn_blocking(move || is_password(&password, hash.as_ref()));
    let is_right = comparing.await.map_err(ApiError::internal)?;
    if !is_right {
        tries.count(peer, store, email, app.steady());
    }
    drop(permit);
    Ok(owner.filter(|_| is_right))
}
