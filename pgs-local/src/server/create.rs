use crate::{
    Binaries,
    failure::blocking,
    host::Host,
    storage::{clone, control_file, durable, home::Home, label, secrets::Secrets, trash},
    template::Template,
    tool::Tool,
};
use pgs_core::{
    Result,
    provision::{InstanceLabel, Progress},
};
use std::path::PathBuf;

/// Makes a tenant's storage. Each step that was done is not done again, and an unfinished one is done anew.
pub(crate) async fn create(
    host: &Host,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<()> {
    let binaries = host.binaries(Some(label.pg_version)).await?;
    host.make_roots()?;
    let home = host.layout.tenant(label.uid);
    if !home.is_labelled()? {
        progress.step("labelling the storage");
        found(host, &home, label)?;
    }
    if !durable::is_there(&home.data())? {
        progress.step("making the directories");
        furnish(host, &home)?;
        let data = fill(host, &home, &binaries, progress).await?;
        progress.step("putting the storage in its place");
        durable::rename(&data, &home.data())?;
    }
    durable::remove_tree(&home.unshared())?;
    progress.step("the storage is made");
    Ok(())
}

/// Answers where the data directory is, whole but not in its place.
async fn fill(
    host: &Host,
    home: &Home,
    binaries: &Binaries,
    progress: &dyn Progress,
) -> Result<PathBuf> {
    if !binaries.can_clone {
        return initialise(host, home, binaries, progress).await;
    }
    let template = Template::ensure(host, binaries, progress).await?;
    progress.step("making the manager's secret");
    Secrets::make(home, &template.secret()?)?;
    progress.step("copying the template");
    copy(host, home, &template).await?;
    progress.step("giving the copy its own identity");
    let data = home.unfinished_data();
    control_file::reidentify(&data, host.user.as_ref())?;
    let (copy, user) = (data.clone(), host.user.clone());
    blocking(move || clone::hand_over(&copy, user.as_ref())).await?;
    let reset = Tool::new(binaries.program("pg_resetwal"), host.user.as_ref(), &data);
    let reset = reset.args(["-D".as_ref(), data.as_os_str()]);
    reset.run("").await?;
    Ok(data)
}

/// Where a copy could not get an identity of its own, every tenant is made from nothing.
async fn initialise(
    host: &Host,
    home: &Home,
    binaries: &Binaries,
    progress: &dyn Progress,
) -> Result<PathBuf> {
    let unshared = Template::unshared(host, binaries, home.unshared(), progress).await?;
    progress.step("making the manager's secret");
    Secrets::make(home, &unshared.secret()?)?;
    Ok(unshared.data())
}

/// The directory appears under its name with its label in it, so that one without is never ours.
fn found(host: &Host, home: &Home, label: &InstanceLabel) -> Result<()> {
    let newborn = host.layout.newborn(label.uid);
    durable::remove_tree(newborn.root())?;
    durable::directory(newborn.root(), host.passage(), None)?;
    label::write(&newborn, label)?;
    trash::make_way(home)?;
    newborn.rename_to(home)
}

fn furnish(host: &Host, home: &Home) -> Result<()> {
    durable::directory(&home.run(), durable::PRIVATE_DIR, host.user.as_ref())?;
    durable::directory(&home.log_dir(), durable::PRIVATE_DIR, None)?;
    durable::remove_tree(&home.unshared())?;
    durable::remove_tree(&home.unfinished_data())
}

async fn copy(host: &Host, home: &Home, template: &Template) -> Result<()> {
    let (from, to, user) = (template.data(), home.unfinished_data(), host.user.clone());
    blocking(move || clone::tree(&from, &to, user.as_ref())).await
}
