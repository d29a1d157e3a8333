use chrono::{DateTime, Utc};
use napi_derive::napi;

/// A point in time.
#[napi]
pub type Moment = DateTime<Utc>;

pgs_bindings::reports!(#[napi(object, object_from_js = false, use_nullable = true)]);

fn moment(at: pgs::Timestamp) -> Moment {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A tenant that was just made.
#[napi(object, object_from_js = false, use_nullable = true)]
#[derive(Clone)]
pub struct Created {
    /// Its name: role, database and routing key.
    pub id: String,
    /// Who it is for ever, a UUID.
    pub uid: String,
    /// The major version of `PostgreSQL` that it runs.
    pub pg_version: i64,
    /// The password of its role: the given one, or a generated one that nobody can look up again.
    pub password: String,
}

impl From<pgs::Created> for Created {
    fn from(created: pgs::Created) -> Self {
        Self {
            id: created.id.to_string(),
            uid: created.uid.to_string(),
            pg_version: created.pg_version.number().into(),
            password: created.password.reveal().to_owned(),
        }
    }
}

impl std::fmt::Debug for Created {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Created")
            .field("id", &self.id)
            .field("uid", &self.uid)
            .finish_non_exhaustive()
    }
}
