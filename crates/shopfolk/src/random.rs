//! Random numbers that nobody can guess.

use anyhow::{Context, Result};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

/// A generator with a seed of the system's.
///
/// # Errors
/// When the system gives none.
pub(crate) fn new_random() -> Result<StdRng> {
    StdRng::try_from_rng(&mut SysRng).context("the system gives no random numbers")
}
