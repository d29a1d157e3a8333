use super::{
    durable,
    home::Home,
    layout::{Layout, gone},
};
use crate::failure::AtPath;
use pgs_core::{Result, TenantUid};
use std::io;

/// Moves a tenant's directory to the trash; one that is there already stays.
pub(crate) fn put(layout: &Layout, uid: TenantUid) -> Result<()> {
    shift(&layout.tenant(uid), &layout.trashed(uid))
}

/// Moves it back; one that is back already stays.
pub(crate) fn take_back(layout: &Layout, uid: TenantUid) -> Result<()> {
    shift(&layout.trashed(uid), &layout.tenant(uid))
}

fn shift(from: &Home, to: &Home) -> Result<()> {
    match (from.is_labelled()?, to.is_labelled()?) {
        (_, true) => Ok(()),
        (false, false) => Err(gone(from.uid())),
        (true, false) => {
            make_way(to)?;
            from.rename_to(to)
        }
    }
}

/// Whatever is there without a label is not ours.
pub(crate) fn make_way(home: &Home) -> Result<()> {
    match home.root().symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        looked => {
            looked.at("look at", home.root())?;
            home.move_aside()
        }
    }
}

/// Deletes a directory of ours. A kill in the middle leaves it under a name that says what it is.
pub(crate) fn destroy(layout: &Layout, home: &Home) -> Result<()> {
    let doomed = layout.doomed(home.uid());
    if *home != doomed {
        durable::remove_tree(doomed.root())?;
        home.rename_to(&doomed)?;
    }
    durable::remove_tree(doomed.root())
}
