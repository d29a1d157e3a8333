use crate::{
    archive,
    host::Host,
    layout::{self, Home},
    place::{self, Place},
};
use pgs_core::{Error, ErrorKind, Password, Result, provision::InstanceLabel};

/// A new password of `pgs_admin`; one that is there already stays, since the storage may know it.
pub(crate) fn make(home: &Home) -> Result<Password> {
    if let Some(secret) = home.secret()? {
        return Ok(secret);
    }
    let secret = Password::generate();
    home.write_secret(&secret)?;
    Ok(secret)
}

/// The password of `pgs_admin` in a tenant's server: the host's copy, or else the volume's, which is then copied.
pub(crate) async fn own(host: &Host, container: &str, label: &InstanceLabel) -> Result<Password> {
    let home = host.layout.home(label.uid);
    if let Some(secret) = home.secret()? {
        return Ok(secret);
    }
    let path = Place::of(label.pg_version).own(place::SECRET);
    let text = archive::read(&host.engine, container, &path).await?;
    let secret = text.and_then(layout::secret_from);
    let secret = secret.ok_or_else(|| nowhere(label))?;
    host.layout.make_roots()?;
    home.make()?;
    home.write_secret(&secret)?;
    Ok(secret)
}

fn nowhere(label: &InstanceLabel) -> Error {
    let message = format!(
        "neither the state directory nor the volume has the manager's secret of tenant `{}`",
        label.id
    );
    Error::new(ErrorKind::Corrupt, message)
        .with_remedy("restore the state directory or the volume from a backup")
}
