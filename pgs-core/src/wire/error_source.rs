use std::borrow::Cow;

/// The file, line and routine an error of PostgreSQL was raised in: its F, L and R fields.
///
/// They are the same for every role of a server and change between its minor versions, so a refusal that is to
/// look like a live server's has to carry what that server says.
///
/// Source: PostgreSQL manual, [Error and Notice Message Fields](https://www.postgresql.org/docs/18/protocol-error-fields.html).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorSource {
    file: Cow<'static, [u8]>,
    line: Cow<'static, [u8]>,
    routine: Cow<'static, [u8]>,
}

impl ErrorSource {
    /// A place known when this was compiled.
    pub const fn known(file: &'static str, line: &'static str, routine: &'static str) -> Self {
        Self {
            file: Cow::Borrowed(file.as_bytes()),
            line: Cow::Borrowed(line.as_bytes()),
            routine: Cow::Borrowed(routine.as_bytes()),
        }
    }

    /// A place read from a server's own answer.
    pub fn learnt(file: &[u8], line: &[u8], routine: &[u8]) -> Self {
        Self {
            file: Cow::Owned(file.to_vec()),
            line: Cow::Owned(line.to_vec()),
            routine: Cow::Owned(routine.to_vec()),
        }
    }

    /// The source file, without its directory.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The line number, in decimal.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The C function.
    pub fn routine(&self) -> &[u8] {
        &self.routine
    }

    /// Whether a PostgreSQL may raise a wrong password here: `auth.c`, `auth_failed`, and a number.
    pub fn may_be_wrong_password(&self) -> bool {
        let is_line =
            (1..=5).contains(&self.line.len()) && self.line.iter().all(u8::is_ascii_digit);
        is_line && *self.file == *b"auth.c" && *self.routine == *b"auth_failed"
    }
}
