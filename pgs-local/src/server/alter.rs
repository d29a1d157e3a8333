use super::{cgroup, postmaster::Postmaster};
use crate::{
    host::Host,
    storage::{conf, home::Home, label, secrets::Secrets},
};
use pgs_admin::PgAdmin;
use pgs_core::{
    Result,
    provision::{Alteration, InstanceLabel, Progress},
};

/// Has a tenant's server hold to what is asked for now. Its label comes last: until it is written, the work is not done.
pub(crate) async fn alter(
    host: &Host,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<Alteration> {
    let home = host.layout.storage(label.uid)?;
    let mut waiting = Vec::new();
    if Postmaster::find(&home)?.is_some() {
        progress.step("setting the limits");
        cgroup::hold(&home, &label.spec.limits)?;
        cgroup::lift(&home, &label.spec.limits)?;
        progress.step("writing the settings");
        conf::write(&home, label, host.user.as_ref())?;
        progress.step("having the server read them");
        waiting = reload(&home).await?;
    }
    progress.step("writing the label");
    label::write(&home, label)?;
    progress.step("the label is written");
    Ok(Alteration::waiting(waiting))
}

async fn reload(home: &Home) -> Result<Vec<String>> {
    let secret = Secrets::read(home)?.own;
    PgAdmin::new(home.endpoint(), secret).reload().await
}
