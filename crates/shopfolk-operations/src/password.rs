//! Hashing passwords, which is slow on purpose: some 20 MiB of memory and tens of milliseconds of a processor each. It must not
//! run on a thread that serves connections.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use rand::CryptoRng;
use shopfolk_model::{Password, PasswordHash};

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashingError(String);

/// Hashes a password with argon2id, as OWASP recommends it: 19 MiB, twice.
///
/// # Errors
/// When there is not enough memory.
pub fn hash_password<R: CryptoRng + ?Sized>(
    password: &Password,
    random: &mut R,
) -> Result<PasswordHash, HashingError> {
    let mut salt = [0; 16];
    random.fill_bytes(&mut salt);
    let hashed = Argon2::default().hash_password_with_salt(password.reveal().as_bytes(), &salt);
    let hashed = hashed.map_err(|error| HashingError(error.to_string()))?;
    PasswordHash::new(&hashed.to_string()).map_err(|error| HashingError(error.to_string()))
}

/// Whether this is the password that was hashed. Where there is no hash it takes as long, so that nobody learns from the time who
/// has a password.
pub fn is_password(password: &Password, hash: Option<&PasswordHash>) -> bool {
    /// Of nothing that anybody knows.
    const OF_NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let text = hash.map_or(OF_NOBODY, PasswordHash::as_str);
    let matches = Argon2::default().verify_password(password.reveal().as_bytes(), text).is_ok();
    matches && hash.is_some()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let password = |text: &str| Password::new(text.to_owned()).unwrap();
        let hash = hash_password(&password("correct horse"), &mut StdRng::seed_from_u64(1)).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(is_password(&password("correct horse"), Some(&hash)));
        assert!(!is_password(&password("correct horsf"), Some(&hash)));
        assert!(!is_password(&password("correct horse"), None));
    }
}
