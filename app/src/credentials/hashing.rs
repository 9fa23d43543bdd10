//! Argon2id in memory that is used again: a hash takes 19 MiB, and the system's allocator keeps what many threads have freed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error, Result,
        phc::{Output, ParamsString, PasswordHash, Salt},
        try_generate_salt,
    },
};

/// The memory of hashes that are done. There is never more than what ran at a time, because hashing is limited.
static MEMORY: Memory = Memory { free: Mutex::new(Vec::new()) };

/// Memory for hashing.
#[derive(Debug)]
struct Memory {
    free: Mutex<Vec<Vec<Block>>>,
}

impl Memory {
    /// Calls `work` with at least that many blocks. They hold whatever they held before, and Argon2 overwrites them.
    fn lend<T>(&self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let mut blocks = self.free().pop().unwrap_or_default();
        if blocks.len() < count {
            blocks.resize(count, Block::new());
        }
        let done = work(&mut blocks);
        self.free().push(blocks);
        done
    }

    fn free(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        // No panic can leave it half changed.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash to store for a password.
///
/// # Errors
/// The system gives no random bytes.
pub(super) fn hash(password: &str) -> Result<String> {
    let salt = try_generate_salt().map_err(|_| Error::Crypto)?;
    // The crate's defaults are OWASP's parameters: 19 MiB, two passes, one lane.
    let argon2 = Argon2::default();
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    compute(&argon2, password, &salt, &mut output)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon2.params())?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Whether a password has that stored hash, by the parameters that are stored with it.
///
/// # Errors
/// The stored hash is invalid.
pub(super) fn verify(password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&stored)?);
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..expected.len()).ok_or(Error::OutputSize)?;
    compute(&argon2, password, salt, output)?;
    // This comparison takes the same time wherever the two differ.
    Ok(Output::new(output)? == *expected)
}

fn compute(argon2: &Argon2<'_>, password: &str, salt: &[u8], output: &mut [u8]) -> Result<()> {
    MEMORY
        .lend(argon2.params().block_count(), |blocks| argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks))?;
    Ok(())
}

/// How many hashes the memory that is kept would be enough for.
#[cfg(test)]
pub(super) fn kept() -> usize {
    MEMORY.free().len()
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn memory_is_used_again_and_grows_only_where_it_must() {
        let memory = Memory { free: Mutex::new(Vec::new()) };
        let address = memory.lend(64, |blocks| {
            blocks[0].as_mut()[0] = 7;
            blocks.as_ptr() as usize
        });
        for count in [64, 8] {
            assert_eq!(memory.lend(count, |blocks| (blocks.as_ptr() as usize, blocks.len(), blocks[0].as_ref()[0])), (address, 64, 7));
        }
        assert_eq!(memory.lend(65, |blocks| blocks.len()), 65);
        assert_eq!(memory.free().len(), 1);
    }

    #[test]
    fn used_memory_gives_the_same_hashes_as_the_crate() {
        for (memory, passes, lanes) in [(19_456, 2, 1), (64, 3, 2), (19_456, 1, 4), (20_000, 1, 1)] {
            let other = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, lanes, None).unwrap());
            let stored = other.hash_password(b"correct horse").unwrap().to_string();
            assert!(verify("correct horse", &stored).unwrap(), "{stored}");
            assert!(!verify("correct house", &stored).unwrap(), "{stored}");
        }
        let ours = hash("correct horse").unwrap();
        assert_eq!(Argon2::default().verify_password(b"correct horse", ours.as_str()), Ok(()));
    }

    #[test]
    fn a_stored_text_that_is_no_hash_is_an_error() {
        assert!(verify("x", "plain").is_err());
        assert!(verify("x", "$unknown$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNo").is_err());
        assert_eq!(verify("x", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ"), Ok(false));
    }
}
