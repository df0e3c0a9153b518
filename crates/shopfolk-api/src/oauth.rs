//! OAuth 2, the authorization code flow: how an app asks the owner of a store to be let in, and gets its tokens (platform, "Apps
//! and tokens").

pub(crate) mod authorize;
mod code;
pub(crate) mod form;
pub(crate) mod pages;
mod request;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod sign_in;
mod sign_in_tries;
pub(crate) mod token;

pub(crate) use sign_in_tries::SignInTries;
