use crate::{
    holder::{self, Holder},
    host::Host,
    limits, secrets, settings, survey, volume,
};
use pgs_admin::PgAdmin;
use pgs_core::{
    Result,
    provision::{Alteration, InstanceLabel, Progress},
};

/// Has a tenant's server hold to what is asked for now. Its label comes last: until it is written, the work is not done.
///
/// The labels of a container cannot change. They are put right when it is made anew, at its next start.
pub(crate) async fn alter(
    host: &Host,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<Alteration> {
    let labels = volume::find(host, label.uid)
        .await?
        .ok_or_else(|| survey::gone(host, label.uid))?;
    let before = survey::label(host, label.uid, &labels)?;
    let mut waiting = Vec::new();
    if let Some(holder) = holder::find(host, label.uid)
        .await?
        .filter(|holder| holder.is_up)
    {
        progress.step("setting the limits");
        limits::update(host, &holder, label).await?;
        progress.step("writing the settings");
        settings::write(host, &holder, label).await?;
        progress.step("having the server read them");
        waiting = reload(host, &holder, label).await?;
        if before.is_some_and(|before| before.spec.limits.shm != label.spec.limits.shm) {
            waiting.push("shm".to_owned());
        }
    }
    progress.step("writing the label");
    host.layout.make_roots()?;
    let home = host.layout.home(label.uid);
    home.make()?;
    home.write_label(label)?;
    progress.step("the label is written");
    Ok(Alteration::waiting(waiting))
}

async fn reload(host: &Host, holder: &Holder, label: &InstanceLabel) -> Result<Vec<String>> {
    let secret = secrets::own(host, &holder.id, label).await?;
    match holder.endpoint(host) {
        Some(endpoint) => PgAdmin::new(endpoint, secret).reload().await,
        None => Ok(Vec::new()),
    }
}
