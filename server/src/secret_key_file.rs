//! The file of the key that encrypts the secrets of second factors and of identity providers' clients, and the private halves of signing
//! keys. It is never in the database, nor in its backups.

pub(crate) mod encrypted;

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use app::credentials::secret_key::{NotAKey, SecretKey};

/// The file's name in the data directory.
const NAME: &str = "secret.key";

/// The file of the secret key. It is read whenever the key is needed, so that a file put in its place helps without a restart.
#[derive(Clone, Debug)]
pub struct SecretKeyFile(PathBuf);

/// Why the key can't be read or created.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// There is no such file.
    #[error("there is no secret key file {}; name it with --secret-key-file, or put it back from where you keep a copy", .0.display())]
    Missing(PathBuf),
    /// The file has another content.
    #[error("{} is not a secret key file: it must contain 64 hexadecimal digits", .0.display())]
    Invalid(PathBuf),
    /// The file can't be read or written.
    #[error("can't read or create the secret key file {}: {error}; choose another one with --secret-key-file", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
}

impl SecretKeyFile {
    /// The file at that path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The file in that data directory.
    pub fn in_data_dir(data_dir: &Path) -> Self {
        Self(data_dir.join(NAME))
    }

    /// Reads the key.
    ///
    /// # Errors
    /// The file is missing, can't be read, or has another content.
    pub fn read(&self) -> Result<SecretKey, SecretKeyError> {
        let text = fs::read_to_string(&self.0).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SecretKeyError::Missing(self.0.clone()),
            io::ErrorKind::InvalidData => SecretKeyError::Invalid(self.0.clone()),
            _ => self.io(error),
        })?;
        SecretKey::parse(&text).map_err(|NotAKey| SecretKeyError::Invalid(self.0.clone()))
    }

    /// Reads the key. If there is no file, creates one that only this user can read, with a new key.
    ///
    /// # Errors
    /// The file can't be created or read, or has another content.
    pub fn read_or_create(&self) -> Result<SecretKey, SecretKeyError> {
        match self.read() {
            Err(SecretKeyError::Missing(_)) => {}
            read => return read,
        }
        match self.create() {
            Ok(()) => tracing::warn!(
                file = %self.0.display(),
                "created the secret key file; keep a copy of it, apart from the database's backups, and give it to every server with a dashboard"
            ),
            // Another server was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(self.io(error)),
        }
        self.read()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether other users of the machine can read the file.
    pub fn is_exposed(&self) -> bool {
        is_exposed(&self.0)
    }

    /// Writes a new key beside the file, and then gives it its name: a file of that name is whole, and is never replaced.
    fn create(&self) -> io::Result<()> {
        let key = SecretKey::new()?;
        let directory = self.0.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o711).create(directory)?;
        let unfinished = self.0.with_extension(format!("{:08x}.new", getrandom::u32()?));
        let result = (|| {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            file.write_all(key.to_file().as_bytes())?;
            file.sync_all()?;
            fs::hard_link(&unfinished, &self.0)?;
            fs::File::open(directory)?.sync_all()
        })();
        let _ = fs::remove_file(&unfinished);
        result
    }

    fn io(&self, error: io::Error) -> SecretKeyError {
        SecretKeyError::Io { path: self.0.clone(), error }
    }
}

/// Whether other users of the machine can read a file.
pub(crate) fn is_exposed(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, SecretKeyFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = SecretKeyFile::in_data_dir(&folder.path().join("data"));
        (folder, file)
    }

    #[test]
    fn the_file_is_created_once_for_this_user_alone() {
        let (_folder, file) = file();
        assert!(matches!(file.read(), Err(SecretKeyError::Missing(_))));
        let key = file.read_or_create().unwrap();
        assert_eq!(file.read_or_create().unwrap(), key);
        assert_eq!(file.read().unwrap(), key);
        assert_eq!(fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(file.0.parent().unwrap()).unwrap().count(), 1, "nothing unfinished stays");
        assert!(!file.is_exposed());
        fs::set_permissions(&file.0, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(file.is_exposed());
        assert_eq!(file.create().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(file.read().unwrap(), key);
    }

    #[test]
    fn a_file_with_another_content_is_named_and_never_replaced() {
        let (_folder, file) = file();
        file.read_or_create().unwrap();
        for content in [&b""[..], b"secret", b"\xff\xfe"] {
            fs::write(&file.0, content).unwrap();
            let error = file.read_or_create().unwrap_err();
            assert!(error.to_string().contains("is not a secret key file"), "{error}");
            assert_eq!(fs::read(&file.0).unwrap(), content);
        }
        fs::remove_file(&file.0).unwrap();
        fs::create_dir(&file.0).unwrap();
        assert!(matches!(file.read_or_create(), Err(SecretKeyError::Io { .. })));
    }
}
