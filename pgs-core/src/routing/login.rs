use std::fmt;

/// What a tenant's server is told instead of what the client wrote.
///
/// Passwords that are proved by SCRAM survive this, since PostgreSQL ignores the user name in that exchange; the ones
/// hashed by MD5 do not, their hash contains the name that the client knows.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// The role, in place of the user name.
    pub role: Vec<u8>,
    /// The database, where the client named none.
    pub database: Vec<u8>,
}

impl Login {
    /// A login as this role, to this database where the client named none.
    #[must_use]
    pub fn new(role: impl AsRef<[u8]>, database: impl AsRef<[u8]>) -> Self {
        Self {
            role: role.as_ref().to_vec(),
            database: database.as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (role, database) = (self.role.escape_ascii(), self.database.escape_ascii());
        f.debug_struct("Login")
            .field("role", &format_args!("{role}"))
            .field("database", &format_args!("{database}"))
            .finish()
    }
}
